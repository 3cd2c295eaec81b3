import assert from "node:assert/strict";
import { test } from "node:test";
import type { RpcError } from "sluice/page";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { END, envelope, payload, ScriptedFetch, STREAM, settled, UNARY, virtualTime } from "./scripted-fetch.js";

/* What comes back to a page that is not what it asked for: the right code, and a sentence that says what came. */

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly body?: readonly (Uint8Array | string)[];
  /** The body goes on. */
  readonly open?: boolean;
  readonly code: string;
  readonly message: RegExp;
}

const HTML = { "content-type": "text/html; charset=utf-8" };
const JSON_TYPE = { "content-type": "application/json" };
const one = envelope(payload(1));

const STREAMS: Readonly<Record<string, Answer>> = {
  "a flag of gRPC-Web": { body: [envelope("", 0x80)], code: "internal", message: /flags 0x80/ },
  "both flags": { body: [envelope("", 0x03)], code: "internal", message: /flags 0x3/ },
  "a message of 4 GiB, of which nothing comes": {
    body: [envelope("", 0, 0xffff_ffff)],
    open: true,
    code: "resource_exhausted",
    message: /4294967295 bytes/,
  },
  "a prefix that is cut off": { body: [one, one.subarray(0, 3)], code: "internal", message: /before its stream/ },
  "a message that is cut off": { body: [one, envelope("ab", 0, 3)], code: "internal", message: /before its stream/ },
  "an end that is cut off": { body: [one, END.subarray(0, 6)], code: "internal", message: /before its stream/ },
  "nothing at all": { code: "internal", message: /before its stream/ },
  "bytes after the end": { body: [Buffer.concat([END, Uint8Array.of(0)])], code: "internal", message: /after the end/ },
  "a message after the end": { body: [END, one], code: "internal", message: /after the end/ },
  "two ends": { body: [END, END], code: "internal", message: /after the end/ },
  "an end that is no JSON": { body: [envelope("{", 2)], code: "internal", message: /not a JSON object/ },
  "an end that is a list": { body: [envelope("[]", 2)], code: "internal", message: /not a JSON object/ },
  "an error without a code": { body: [envelope('{"error":{"message":"m"}}', 2)], code: "unknown", message: /^m$/ },
  "a code that is none": { body: [envelope('{"error":{"code":"cancelled"}}', 2)], code: "unknown", message: /named no code/ },
  "bytes that are no message": {
    body: [envelope(Uint8Array.of(0x0a, 0xff))],
    code: "internal",
    message: /no message of type bench.v1.Payload/,
  },
  "a page": {
    status: 404,
    headers: HTML,
    body: ["<h1>No such\n page</h1>"],
    code: "unimplemented",
    message: /404.*text\/html.*<h1>No such page<\/h1>/,
  },
  "a page that is well": { headers: HTML, body: ["<h1>log in</h1>"], code: "unknown", message: /200.*text\/html.*log in/ },
  "no content-type": { headers: {}, body: ["x"], code: "unknown", message: /200.*x$/ },
  "messages in another codec": {
    headers: { "content-type": "application/connect+json" },
    body: [envelope("{}"), END],
    code: "internal",
    message: /application\/connect\+json/,
  },
  "an answer to a unary call": { headers: UNARY, body: [payload(1)], code: "internal", message: /application\/proto/ },
  "a redirect that the browser hides": { status: 0, headers: {}, type: "opaqueredirect", code: "unknown", message: /redirect/ },
};

const UNARIES: Readonly<Record<string, Answer>> = {
  "a page": { status: 502, headers: HTML, body: ["<h1>Bad gateway</h1>"], code: "unavailable", message: /502.*Bad gateway/ },
  "a very long page": { status: 500, headers: HTML, body: ["x".repeat(2_000_000)], code: "unknown", message: /500.*begins: x{200}$/ },
  "a picture": {
    status: 403,
    headers: { "content-type": "image/png" },
    body: [Uint8Array.of(0x89, 0x50, 0)],
    code: "permission_denied",
    message: /image\/png/,
  },
  "an error": { status: 409, headers: JSON_TYPE, body: ['{"code":"aborted","message":"é"}'], code: "aborted", message: /^é$/ },
  "an error that names no code": {
    status: 429,
    headers: JSON_TYPE,
    body: ['{"message":"slow down"}'],
    code: "unavailable",
    message: /^slow down$/,
  },
  "JSON of somebody else": {
    status: 401,
    headers: JSON_TYPE,
    body: ['{"error":"log in"}'],
    code: "unauthenticated",
    message: /401.*\{"error":"log in"\}/,
  },
  "JSON instead of bytes": { headers: JSON_TYPE, body: ["{}"], code: "internal", message: /application\/json/ },
  "JSON that is cut off": { status: 503, headers: JSON_TYPE, body: ['{"code":'], code: "unavailable", message: /503/ },
  "an error whose body never ends": { status: 503, headers: HTML, body: ["<h1>"], open: true, code: "unavailable", message: /503/ },
  "bytes that are no message": { headers: UNARY, body: [Uint8Array.of(0x0a, 0xff)], code: "internal", message: /no message of type/ },
  "more than maxReceiveBytes": {
    headers: UNARY,
    body: [new Uint8Array(101)],
    open: true,
    code: "resource_exhausted",
    message: /maxReceiveBytes is 100/,
  },
};

for (const [kind, method, byDefault, answers] of [
  ["stream", "server", STREAM, STREAMS],
  ["unary", "unary", UNARY, UNARIES],
] as const) {
  for (const [name, { status = 200, headers = byDefault, type, body = [], open = false, code, message }] of Object.entries(answers)) {
    for (const size of [Number.POSITIVE_INFINITY, 1]) {
      test(`${kind}: ${name}${size === 1 ? ", a byte at a time" : ""}: ${code}`, async (t) => {
        const pass = virtualTime(t);
        const script = new ScriptedFetch();
        const options = { maxReceiveBytes: 100 };
        const call = method === "unary" ? script.client.unary({}, options) : undefined;
        const stream = method === "server" ? script.client.server({}, options) : undefined;
        const told = (call ?? rest(stream as AsyncIterable<unknown>)).then(
          () => assert.fail("it is well"),
          (error) => error as RpcError,
        );
        script.head(status, headers, type);
        await settled();
        for (const chunk of body)
          script.send(
            ...(size === 1 && chunk.length < 1_000
              ? [...Buffer.from(chunk as string)].map((byte) => Uint8Array.of(byte))
              : [new Uint8Array(Buffer.from(chunk as string))]),
          );
        if (!open) script.finish();
        await settled();
        await pass(5_000);
        const error = await told;
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.equal(script.last.signal.aborted, true);
      });
    }
  }
}

async function rest(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

test("a good stream, however its bytes are cut", async () => {
  const bytes = Buffer.concat([one, envelope(""), envelope(payload(300)), envelope('{"metadata":{"X":["1"],"y-bin":["AQI"]}}', 2)]);
  for (const size of [1, 2, 3, 5, 7, 1_000]) {
    const script = new ScriptedFetch();
    const stream = script.client.server({});
    const ids: number[] = [];
    const reading = (async () => {
      for await (const { id } of stream) ids.push(id);
    })();
    script.head(200, STREAM);
    await settled();
    for (let at = 0; at < bytes.length; at += size) script.send(new Uint8Array(bytes.subarray(at, at + size)));
    script.finish();
    await reading;
    assert.deepEqual(ids, [1, 0, 300], `${size} bytes at a time`);
    const { trailers } = await stream.outcome;
    assert.deepEqual([trailers.get("x"), trailers.getBinary("y-bin")], ["1", Uint8Array.of(1, 2)]);
  }
});

test("details, headers and trailers of an error are read", async () => {
  const script = new ScriptedFetch();
  const seen: string[] = [];
  const call = script.client.unary(
    {},
    {
      onHeaders: (headers) => seen.push(`headers ${headers.get("x-a")}`),
      onTrailers: (trailers) => seen.push(`trailers ${trailers.get("x-b")}`),
    },
  );
  const value = Buffer.from(payload(9)).toString("base64");
  script.head(412, { ...JSON_TYPE, "x-a": "1", "trailer-x-b": "2", "trailer-content-type": "x" });
  await settled();
  script.send(
    Buffer.from(
      JSON.stringify({ code: "failed_precondition", details: [{ type: PayloadSchema.typeName, value, debug: {} }, { type: 1 }] }),
    ),
  );
  script.finish();
  const error = (await call.catch((failed) => failed)) as RpcError;
  assert.deepEqual([error.code, error.message, error.initiator], ["failed_precondition", "", "peer"]);
  assert.deepEqual(
    error.findDetails(PayloadSchema).map(({ id }) => id),
    [9],
  );
  assert.deepEqual(error.metadata.toJSON(), { "x-b": ["2"] });
  assert.deepEqual(seen, ["headers 1", "trailers 2"]);
});
