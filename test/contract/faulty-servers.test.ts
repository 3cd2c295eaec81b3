import assert from "node:assert/strict";
import { envelope, fields, HEAD, NO_BYTES, OK, type RawEnd, type RawExchange, raw } from "./raw-server.js";
import { code, guarantee, stateOf } from "./world.js";

const NONE = fields({});
let ends: RawEnd[] = [];
let script: (exchange: RawExchange) => void = () => {};

const acceptor = raw(
  (exchange) => script(exchange),
  (end) => void ends.push(end),
);

/** What a server does wrong (or the wire to it), and what a unary call and a stream make of it. */
const CASES: Readonly<
  Record<
    string,
    { does(exchange: RawExchange): void; unary: string; stream: string; messages?: number; pattern?: RegExp; afterMs?: number }
  >
> = {
  "answers a method of one response with two": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(envelope(), envelope(), false);
      exchange.sendTrailers(OK, NONE);
    },
    unary: "unimplemented",
    stream: "ok",
    messages: 2,
  },
  "ends well without a response": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendTrailers(OK, NONE);
    },
    unary: "unimplemented",
    stream: "ok",
  },
  "ends the body without trailers": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, envelope(), true);
    },
    unary: "internal",
    stream: "internal",
    messages: 1,
    pattern: /without trailers/,
  },
  "ends inside a message, and calls it ok": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(envelope(), envelope().subarray(0, 6), false);
      exchange.sendTrailers(OK, NONE);
    },
    unary: "internal",
    stream: "internal",
    pattern: /inside a message/,
  },
  "ends the body inside a message": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, envelope().subarray(0, 3), true);
    },
    unary: "internal",
    stream: "internal",
    pattern: /inside a message/,
  },
  "sends an envelope with an unknown flag": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, envelope(undefined, 128), false);
    },
    unary: "internal",
    stream: "internal",
    pattern: /flags 0x80/,
  },
  "compresses without saying how": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, envelope(undefined, 1), false);
    },
    unary: "internal",
    stream: "internal",
    pattern: /without naming a compression/,
  },
  "compresses in a way that was not offered": {
    does(exchange) {
      exchange.sendHead([...HEAD, ...fields({ "grpc-encoding": "lzma" })], NONE, false);
      exchange.sendData(NO_BYTES, envelope(undefined, 1), false);
    },
    unary: "internal",
    stream: "internal",
    pattern: /lzma/,
  },
  "sends bytes that are no message": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, envelope(Uint8Array.of(8)), false);
    },
    unary: "internal",
    stream: "internal",
    pattern: /no message of type bench.v1.Payload/,
  },
  "announces a message of 4 GiB": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.sendData(NO_BYTES, Uint8Array.of(0, 255, 255, 255, 255, 0), false);
    },
    unary: "resource_exhausted",
    stream: "resource_exhausted",
    pattern: /4294967295 bytes/,
  },
  "answers as an HTTP proxy would, with a body that never ends": {
    does(exchange) {
      exchange.sendHead(fields({ ":status": "503", "content-type": "text/html" }), NONE, false);
      exchange.sendData(NO_BYTES, new TextEncoder().encode("<html>"), false);
    },
    unary: "unavailable",
    stream: "unavailable",
    pattern: /503.*begins: <html>/,
    afterMs: 5_000,
  },
  "answers as an HTTP proxy would": {
    does(exchange) {
      exchange.sendHead(fields({ ":status": "502", "content-type": "text/html" }), NONE, false);
      exchange.sendData(NO_BYTES, new TextEncoder().encode("<html>\n  Bad"), false);
      exchange.sendData(NO_BYTES, new TextEncoder().encode(` Gateway${" ".repeat(100_000)}`), true);
    },
    unary: "unavailable",
    stream: "unavailable",
    pattern: /502.*begins: <html> Bad Gateway$/,
  },
  "answers as an HTTP proxy would, and resets within the body": {
    does(exchange) {
      exchange.sendHead(fields({ ":status": "502", "content-type": "text/html" }), NONE, false);
      exchange.sendData(NO_BYTES, new TextEncoder().encode("<html>"), false);
      exchange.reset(2);
    },
    unary: "internal",
    stream: "internal",
  },
  "answers with another content-type": {
    does(exchange) {
      exchange.sendHead(fields({ ":status": "200", "content-type": "text/plain" }), NONE, false);
    },
    unary: "unknown",
    stream: "unknown",
    afterMs: 5_000,
  },
  "answers with what is no text": {
    does(exchange) {
      exchange.sendHead(fields({ ":status": "200", "content-type": "image/png" }), NONE, false);
    },
    unary: "unknown",
    stream: "unknown",
  },
  "resets with CANCEL": { does: (exchange) => exchange.reset(8), unary: "cancelled", stream: "cancelled" },
  "resets with INTERNAL_ERROR": { does: (exchange) => exchange.reset(2), unary: "internal", stream: "internal" },
  "resets with ENHANCE_YOUR_CALM": { does: (exchange) => exchange.reset(11), unary: "resource_exhausted", stream: "resource_exhausted" },
  "resets with NO_ERROR before the end": {
    does(exchange) {
      exchange.sendHead(HEAD, NONE, false);
      exchange.reset(0);
    },
    unary: "internal",
    stream: "internal",
  },
};

for (const [name, { does, unary, stream, messages, pattern, afterMs }] of Object.entries(CASES)) {
  guarantee(`C10: a server that ${name} ends the call, and holds nothing`, { acceptor }, async ({ client, settle, advance, channel }) => {
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
    for (const start of [() => client.unary({}), () => client.client([{}])]) {
      const response = start();
      await pass(response);
      await assert.rejects(response, code(unary, pattern));
    }
    for (const start of [() => client.server({}), () => client.bidi()]) {
      const call = start();
      await pass(call.outcome);
      let received = 0;
      const drained = (async () => {
        for await (const _ of call) received++;
      })();
      if (stream === "ok") await drained;
      else await assert.rejects(drained, code(stream, pattern));
      if (messages !== undefined) assert.equal(received, messages);
      assert.equal((await call.outcome).code, stream);
    }
    await settle();
    assert.equal(channel.statistics().openStreams, 0);
    assert.equal(ends.length, 4);
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
  script = (exchange) => {
    exchange.sendHead(HEAD, NONE, false);
    for (let i = 0; i < 100; i++) exchange.sendData(NO_BYTES, envelope(), false);
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
