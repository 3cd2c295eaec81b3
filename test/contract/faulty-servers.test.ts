import assert from "node:assert/strict";
import type { ProtocolName } from "sluice";
import { type CarrierName, NO_RESET_CODE } from "./carriers.js";
import { hasPlainUnary, NO_BYTES } from "./dialect.js";
import { type RawAnswer, type RawEnd, raw } from "./raw-server.js";
import { code, guarantee, stateOf, turn } from "./world.js";

let ends: RawEnd[] = [];
let script: (answer: RawAnswer) => void = () => {};

const acceptor = raw(
  (answer) => script(answer),
  (end) => void ends.push(end),
);

/** What a server does wrong (or the wire to it), and what calls make of it. */
interface Fault {
  does(answer: RawAnswer): void;
  /** How a call ends, and where it matters a stream. */
  readonly ends: string;
  readonly stream?: string;
  /** How it ends where a reset has no code, and the answer only breaks off. */
  readonly brokenOff?: string;
  readonly pattern?: RegExp;
  /** How many messages a stream gives before. */
  readonly messages?: number;
  readonly afterMs?: number;
  /** Unary calls of Connect, whose body is the message and nothing else: why they cannot show it. */
  readonly whole?: string;
  readonly skip?: Partial<Record<CarrierName | ProtocolName, string>>;
}

const NO_ENVELOPES = "the body is the message, without an envelope";
const NO_STATUS = "the head has said that all is well";
const ITS_REST = "what follows a part of a message in a body is its rest, whatever it means";

const CASES: Readonly<Record<string, Fault>> = {
  "answers a method of one response with two": {
    does: (answer) => void answer.head().message().message().end(),
    ends: "unimplemented",
    stream: "ok",
    messages: 2,
    whole: NO_ENVELOPES,
  },
  "ends well without a response": {
    does: (answer) => void answer.head().end(),
    ends: "unimplemented",
    stream: "ok",
    whole: "a body of no byte is an empty message",
  },
  "ends with an error after a response": {
    does: (answer) => void answer.head().message().end({ code: 5, message: "not there" }),
    ends: "not_found",
    messages: 1,
    pattern: /not there/,
    whole: NO_STATUS,
  },
  "has metadata in its head that is named -bin and is not base64": {
    does: (answer) => void answer.head({ "x-bin": "*" }).message().end(),
    ends: "internal",
    pattern: /the header "x-bin" is not base64/,
  },
  "ends the body without a status": {
    does: (answer) => void answer.head().message().body(NO_BYTES, true),
    ends: "internal",
    messages: 1,
    pattern: /without (trailers|the end of its stream)/,
    whole: NO_STATUS,
  },
  "ends with the head, which says no status": {
    does: (answer) => void answer.head({}, true),
    ends: "internal",
    pattern: /without (trailers|the end of its stream)/,
    whole: "a body of no byte is an empty message",
  },
  "ends inside a message, and calls it ok": {
    does: (answer) => void answer.head().message().body(answer.dialect.message().subarray(0, 6)).end(),
    ends: "internal",
    pattern: /inside a message/,
    whole: NO_ENVELOPES,
    skip: { "grpc-web": ITS_REST, "grpc-web-text": ITS_REST, connect: ITS_REST },
  },
  "ends the body inside a message": {
    does: (answer) => void answer.head().body(answer.dialect.message().subarray(0, 3), true),
    ends: "internal",
    pattern: /inside a message/,
    whole: NO_ENVELOPES,
  },
  "sends an envelope with an unknown flag": {
    does: (answer) => void answer.head().message(undefined, 4),
    ends: "internal",
    pattern: /flags 0x04/,
    whole: NO_ENVELOPES,
  },
  "sends the last envelope of another protocol": {
    does: (answer) => void answer.head().message(undefined, answer.dialect.closingFlags === 0x80 ? 0x02 : 0x80),
    ends: "internal",
    pattern: /flags 0x(02|80)/,
    whole: NO_ENVELOPES,
  },
  "compresses without saying how": {
    does: (answer) => void answer.head().message(undefined, 1),
    ends: "internal",
    pattern: /without naming a compression/,
    whole: "the head alone says whether the body is compressed",
  },
  "compresses in a way that was not offered": {
    does: (answer) => void answer.head({ [answer.dialect.encoding]: "lzma" }).message(undefined, 1),
    ends: "internal",
    pattern: /lzma/,
  },
  "sends bytes that are no message": {
    does: (answer) => void answer.head().body(answer.dialect.message(Uint8Array.of(8)), answer.dialect.statusIn === "head"),
    ends: "internal",
    pattern: /no message of type bench.v1.Payload/,
  },
  "announces a message of 4 GiB": {
    does: (answer) => void answer.head().body(Uint8Array.of(0, 255, 255, 255, 255, 0)),
    ends: "resource_exhausted",
    pattern: /4294967295 bytes/,
    whole: NO_ENVELOPES,
  },
  "answers as an HTTP proxy would, with a body that never ends": {
    does: (answer) => void answer.foreign("503", "text/html", "<html>"),
    ends: "unavailable",
    pattern: /503.*begins: <html>/,
    afterMs: 5_000,
  },
  "answers as an HTTP proxy would": {
    does(answer) {
      answer.foreign("502", "text/html", "<html>\n  Bad");
      answer.exchange.sendData(NO_BYTES, new TextEncoder().encode(` Gateway${" ".repeat(100_000)}`), true);
    },
    ends: "unavailable",
    pattern: /502.*begins: <html> Bad Gateway$/,
  },
  "answers as an HTTP proxy would, and resets within the body": {
    does: (answer) => answer.foreign("502", "text/html", "<html>").exchange.reset(2),
    ends: "internal",
    skip: NO_RESET_CODE,
  },
  "answers with another content-type": {
    does: (answer) => void answer.foreign("200", "text/plain"),
    ends: "unknown",
    afterMs: 5_000,
  },
  "answers with what is no text": {
    does: (answer) => void answer.foreign("200", "image/png"),
    ends: "unknown",
  },
  "answers in another protocol": {
    does: (answer) => void answer.foreign("200", answer.dialect.name === "grpc" ? "application/grpc-web" : "application/grpc"),
    ends: "unknown",
    pattern: /application\/grpc/,
  },
  "resets with CANCEL": { does: (answer) => answer.exchange.reset(8), ends: "cancelled", skip: NO_RESET_CODE },
  "resets with INTERNAL_ERROR": { does: (answer) => answer.exchange.reset(2), ends: "internal", skip: NO_RESET_CODE },
  "resets with ENHANCE_YOUR_CALM": { does: (answer) => answer.exchange.reset(11), ends: "resource_exhausted", skip: NO_RESET_CODE },
  "resets with NO_ERROR before the end": { does: (answer) => answer.head().exchange.reset(0), ends: "internal", skip: NO_RESET_CODE },
  "breaks its answer off": {
    does(answer) {
      answer.head().message();
      // when they are on their way
      void turn().then(() => answer.exchange.reset(8));
    },
    ends: "cancelled",
    brokenOff: "unavailable",
    messages: 1,
  },
};

for (const [name, fault] of Object.entries(CASES)) {
  const { does, messages, pattern, afterMs, whole, skip } = fault;
  guarantee(`C10: a server that ${name} ends the call, and holds nothing`, { acceptor, ...(skip && { skip }) }, async (world) => {
    const { client, settle, advance, channel, protocol, readable } = world;
    /** Lets happen what happens; what ends in time is pending until then. */
    const pass = async (end: Promise<unknown>): Promise<void> => {
      await settle();
      if (afterMs === undefined) return;
      await advance(afterMs - 1);
      assert.equal(await stateOf(end), "pending");
      await advance(1);
    };
    ends = [];
    script = does;
    const isWhole = hasPlainUnary(protocol);
    const ended = (world.carrier in NO_RESET_CODE && fault.brokenOff) || fault.ends;
    const singles = isWhole && whole !== undefined ? [() => client.client([{}])] : [() => client.unary({}), () => client.client([{}])];
    for (const start of singles) {
      const response = start();
      await pass(response);
      await assert.rejects(response, code(ended, pattern));
    }
    for (const start of [() => client.server({}), () => readable(client.bidi())]) {
      const call = start();
      await pass(call.outcome);
      let received = 0;
      const drained = (async () => {
        for await (const _ of call) received++;
      })();
      const { stream = ended } = fault;
      if (stream === "ok") await drained;
      else await assert.rejects(drained, code(stream, pattern));
      if (messages !== undefined) assert.equal(received, messages);
      assert.equal((await call.outcome).code, stream);
    }
    await settle();
    assert.equal(channel.statistics().openStreams, 0);
    assert.equal(ends.length, singles.length + 2);
  });
}

guarantee(
  "C10: a silent server: every wait has an exit by cancel, deadline and close()",
  { acceptor, closeTimeoutMs: 100 },
  async ({ client, settle, advance }) => {
    ends = [];
    script = () => {};
    const abort = new AbortController();
    const waits = [
      client.unary({}, { signal: abort.signal }),
      client.unary({}, { timeoutMs: 50 }),
      client.client({ timeoutMs: 50 }).finish(),
      client.server({}, { timeoutMs: 50 }).receive(),
      client.server({}, { timeoutMs: 50 }).headers,
      client.server({}).close(),
      client.bidi().close(),
    ];
    await settle();
    for (const wait of waits) assert.equal(await stateOf(wait), "pending");
    abort.abort();
    await advance(100);
    for (const wait of waits) assert.notEqual(await stateOf(wait), "pending");
    await settle();
    assert.deepEqual(
      ends.map((end) => `${end.kind} ${end.code}`),
      Array.from({ length: 7 }, () => "reset 8"),
    );
  },
);

guarantee("C4: a server that goes on sending after the client left is cut off with CANCEL", { acceptor }, async ({ client, settle }) => {
  ends = [];
  script = (answer) => {
    answer.head();
    for (let i = 0; i < 100; i++) answer.message();
  };
  for await (const { id } of client.server({})) {
    assert.equal(id, 1);
    break;
  }
  await settle();
  assert.deepEqual(
    ends.map((end) => `${end.kind} ${end.code}`),
    ["reset 8"],
  );
});
