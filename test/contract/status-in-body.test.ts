import assert from "node:assert/strict";
import { gzip } from "sluice/node";
import { NO_RESET_CODE, NO_TRAILERS } from "./carriers.js";
import { envelope, fields, NO_BYTES, NONE, OK, type RawStatus } from "./dialect.js";
import { ALL_PROTOCOLS } from "./few-protocols.js";
import { type RawAnswer, type RawEnd, raw } from "./raw-server.js";
import { code, guarantee, stateOf, type World, type WorldOptions } from "./world.js";

/* Where the status stands in the body, a response has two ends: the last word, and the end of the body after it. */

let ends: RawEnd[] = [];
let answer: RawAnswer | undefined;
let script: (answer: RawAnswer) => void = () => {};

const IN_TRAILERS = "the status stands in trailers, which end the stream: nothing can follow them";

const options: WorldOptions = {
  acceptor: raw(
    (given) => {
      answer = given;
      script(given);
    },
    (end) => void ends.push(end),
  ),
  skip: { grpc: IN_TRAILERS, triple: IN_TRAILERS },
};

const GONE: RawStatus = { code: 5, message: "not there" };

/** A stream whose server does this, once all that can happen has happened. */
async function begin({ client, settle }: World, does: (answer: RawAnswer) => void) {
  ends = [];
  script = does;
  const stream = client.server({});
  await settle();
  return stream;
}

/** The last word, and nothing after it. */
const lastWord = (to: RawAnswer, status: RawStatus = OK): RawAnswer => to.body(to.dialect.closing(status));

function wireEnds(): string[] {
  return ends.map((end) => `${end.kind} ${end.code}`);
}

for (const [said, status, expected] of [
  ["a good end", OK, "ok"],
  ["an error", GONE, "not_found"],
] as const) {
  guarantee(`C10: ${said} in the body whose end does not come counts after 5 s, and the rest is cut off`, options, async (world) => {
    const stream = await begin(world, (to) => void lastWord(to.head().message(), status));
    assert.equal((await stream.receive())?.id, 1);
    await world.advance(4_999);
    assert.equal(await stateOf(stream.outcome), "pending");
    assert.deepEqual(wireEnds(), []);
    await world.advance(1);
    const outcome = await stream.outcome;
    assert.deepEqual([outcome.code, outcome.initiator], [expected, "peer"]);
    await world.settle();
    assert.deepEqual(wireEnds(), ["reset 8"]);
  });

  guarantee(`C10: ${said} in the body counts, whatever becomes of stream and connection after it`, options, async (world) => {
    const then: Readonly<Record<string, () => void>> = {
      "reset with NO_ERROR": () => answer?.exchange.reset(0),
      "reset with INTERNAL_ERROR": () => answer?.exchange.reset(2),
      "reset with CANCEL": () => answer?.exchange.reset(8),
      "trailers of HTTP": () => answer?.exchange.sendTrailers(fields({ "grpc-status": "13" }), NONE),
      "a piece of no byte": () => answer?.exchange.sendData(NO_BYTES, NO_BYTES, true),
      "connection lost": () => world.cut(),
    };
    for (const [what, happens] of Object.entries(then)) {
      const stream = await begin(world, (to) => void lastWord(to.head().message(), status));
      happens();
      await world.settle();
      const outcome = await stream.outcome;
      assert.deepEqual([outcome.code, outcome.initiator], [expected, "peer"], what);
      assert.equal((await stream.receive())?.id, 1, what);
    }
  });

  guarantee(`C4: close() drops messages, and still hears ${said} in the body`, options, async (world) => {
    const stream = await begin(world, (to) => void to.head().message().body(to.dialect.message().subarray(0, 4)));
    const closing = stream.close();
    await world.settle();
    const to = answer as RawAnswer;
    // the rest of the message that close() found in the middle, one that is far larger than may be received, and the end in two pieces
    to.body(to.dialect.message().subarray(4));
    to.body(envelope(new Uint8Array(100_000)));
    const word = to.dialect.closing(status);
    to.body(word.subarray(0, 3));
    await world.settle();
    assert.equal(await stateOf(closing), "pending");
    to.body(word.subarray(3), true);
    assert.deepEqual([(await closing).code, (await closing).initiator], [expected, "peer"]);
    assert.equal(await stream.receive(), undefined);
  });
}

guarantee("C10: bytes after the last word break the protocol, in the same piece or later", options, async (world) => {
  for (const does of [
    (to: RawAnswer) => void to.head().body(new Uint8Array([...to.dialect.closing(OK), ...to.dialect.message()]), true),
    (to: RawAnswer) => void lastWord(to.head()).message(),
    (to: RawAnswer) => void lastWord(lastWord(to.head()), GONE),
    (to: RawAnswer) => void lastWord(to.head()).body(Uint8Array.of(0), true),
  ]) {
    const stream = await begin(world, does);
    await assert.rejects(stream.receive(), code("internal", /after the end of the stream/));
    assert.equal((await stream.outcome).initiator, "engine");
  }
});

/** Ways to end a body without the last word. */
const WORDLESS: Readonly<Record<string, { readonly end: (to: RawAnswer) => void; readonly skip?: WorldOptions["skip"] }>> = {
  "C10: a body that ends without the last word is internal": { end: (to) => void to.body(NO_BYTES, true) },
  "C10: a body that ends with trailers of HTTP instead of the last word is internal": {
    end: (to) => to.exchange.sendTrailers(fields({ "grpc-status": "0" }), NONE),
    skip: NO_TRAILERS,
  },
};

for (const [title, { end, skip }] of Object.entries(WORDLESS)) {
  guarantee(title, { ...options, skip: { ...options.skip, ...skip } }, async (world) => {
    const stream = await begin(world, (to) => end(to.head().message()));
    assert.equal((await stream.receive())?.id, 1, "what was said before it stays said");
    await assert.rejects(stream.receive(), code("internal", /without (trailers|the end of its stream)/));
  });
}

/** A part of the last word. */
const half = (to: RawAnswer): void => void to.head().body(to.dialect.closing(GONE).subarray(0, 7));

guarantee("C10: a connection that is lost within the last word ends the call as it would without it", options, async (world) => {
  const lost = await begin(world, half);
  world.cut();
  await world.settle();
  assert.equal((await lost.outcome).code, "unavailable");
});

guarantee(
  "C10: a reset within the last word ends the call as it would without it",
  { ...options, skip: { ...options.skip, ...NO_RESET_CODE } },
  async (world) => {
    const reset = await begin(world, half);
    answer?.exchange.reset(8);
    await world.settle();
    assert.equal((await reset.outcome).code, "cancelled");
  },
);

guarantee(
  "C10: the last word may be compressed where a compression was agreed, and only there",
  { ...options, compressions: [gzip] },
  async (world) => {
    const compressed = (to: RawAnswer): void => {
      const flags = to.dialect.closingFlags;
      to.body(envelope(gzip.compress(to.dialect.closing(GONE).subarray(5)), flags | 1), true);
    };
    const agreed = await begin(world, (to) => compressed(to.head({ [to.dialect.encoding]: "gzip" })));
    await assert.rejects(agreed.receive(), code("not_found", /not there/));
    const not = await begin(world, (to) => compressed(to.head()));
    await assert.rejects(not.receive(), code("internal", /without naming a compression/));
    const broken = await begin(world, (to) => {
      to.head({ [to.dialect.encoding]: "gzip" }).body(envelope(Uint8Array.of(1, 2, 3), to.dialect.closingFlags | 1), true);
    });
    await assert.rejects(broken.receive(), code("internal"));
  },
);

guarantee(
  "C8: the last word has the limit of a message, compressed or not, also for a stream that was closed",
  { ...options, maxReceiveBytes: 1_000, compressions: [gzip] },
  async (world) => {
    const large = new Uint8Array(1_001).fill(0x20);
    const plain = (to: RawAnswer): void => void to.body(envelope(large, to.dialect.closingFlags), true);
    const inflated = (to: RawAnswer): void => void to.body(envelope(gzip.compress(large), to.dialect.closingFlags | 1), true);
    for (const word of [plain, inflated]) {
      const stream = await begin(world, (to) => word(to.head({ [to.dialect.encoding]: "gzip" })));
      await assert.rejects(stream.receive(), code("resource_exhausted", /1000/));
      const closed = await begin(world, (to) => void to.head({ [to.dialect.encoding]: "gzip" }));
      const closing = closed.close();
      await world.settle();
      word(answer as RawAnswer);
      assert.equal((await closing).code, "resource_exhausted");
    }
  },
);

const onlyIn = (protocol: "grpc-web" | "connect", because: string): WorldOptions => {
  const others = ALL_PROTOCOLS.filter((name) => !name.startsWith(protocol));
  return { ...options, skip: Object.fromEntries(others.map((name) => [name, because])) };
};

guarantee(
  "gRPC-Web: a status in the head counts where no message follows, with an empty last envelope or none; a full one counts before it",
  onlyIn("grpc-web", "the head of a response says no status"),
  async (world) => {
    const inHead = { "grpc-status": "5", "grpc-message": "not there" };
    const web = (to: RawAnswer): RawAnswer => to.head(inHead);
    for (const does of [
      (to: RawAnswer) => void to.head(inHead, true),
      (to: RawAnswer) => void web(to).body(NO_BYTES, true),
      (to: RawAnswer) => void web(to).body(envelope(NO_BYTES, 0x80), true),
    ]) {
      await assert.rejects((await begin(world, does)).receive(), code("not_found", /not there/));
    }
    const good = await begin(world, (to) => void to.head({ "grpc-status": "0" }).message().body(envelope(NO_BYTES, 0x80), true));
    assert.equal((await good.outcome).code, "ok");
    const full = await begin(world, (to) => void web(to).message().end());
    assert.equal((await full.outcome).code, "ok", "the block of trailers is the later word");
    const none = await begin(world, (to) => void web(to).message().body(NO_BYTES, true));
    assert.equal((await none.outcome).code, "internal", "a message has followed, and no status after it");
  },
);

guarantee(
  "Connect: an end of the stream nested without end, with numbers beyond all range, or with names of prototypes, is data and nothing else",
  onlyIn("connect", "the end of a stream is no JSON"),
  async (world) => {
    const ended = async (json: string) => {
      const stream = await begin(world, (to) => void to.head().body(envelope(new Uint8Array(Buffer.from(json)), 2), true));
      return stream.outcome;
    };
    const deep = "[".repeat(100_000);
    assert.equal((await ended(`{"debug":${deep}`)).code, "internal", "it is cut off");
    assert.equal((await ended(`{"error":{"code":"aborted","debug":${deep}${"]".repeat(100_000)}}}`)).code, "aborted");
    assert.equal((await ended('{"error":{"code":1e999,"message":"large"}}')).message, "large");
    assert.equal((await ended('{"error":{"code":"aborted","code":"not_found"}}')).code, "not_found", "the last of a name counts");
    for (const name of ["__proto__", "constructor", "toString"])
      assert.equal((await ended(`{"error":{"code":"${name}"}}`)).code, "unknown");
    const { code: good, trailers } = await ended(
      '{"metadata":{"__proto__":["p"],"constructor":["c"],"X-Mixed":["1","2"],"not a name":["3"],"line":["a\\r\\nb: c"],"grpc-status":["9"],"number":[4]}}',
    );
    assert.equal(good, "ok");
    assert.deepEqual([trailers.get("__proto__"), trailers.get("constructor"), trailers.getAll("x-mixed")], ["p", "c", ["1", "2"]]);
    assert.deepEqual(
      [trailers.has("line"), trailers.has("b"), trailers.has("grpc-status"), trailers.has("number")],
      [false, false, false, false],
    );
    assert.equal(({} as { p?: unknown }).p, undefined);
  },
);
