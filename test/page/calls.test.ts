import assert from "node:assert/strict";
import { after, test } from "node:test";
import { create, fromBinary, fromJsonString } from "@bufbuild/protobuf";
import { encode, RpcError as PackageError } from "sluice";
import { type CallOptions, connect, createClient, jsonCodec, RpcError, UsageError } from "sluice/page";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { END, envelope, payload, ScriptedFetch, STREAM, settled, UNARY, virtualTime } from "./scripted-fetch.js";

/* What a call of sluice/page asks for, and what its user can do with it. */

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
after(() => assert.deepEqual(unhandled, [], "no rejection that nobody handles"));

test("the request: its address, headers and bytes, and what the channel was given for fetch", async () => {
  const script = new ScriptedFetch();
  void script.client.unary({ id: 5 }, { headers: { "x-a": ["1", "2"], "y-bin": Uint8Array.of(1) }, timeoutMs: 1_500.2 });
  const { url, headers, body, init } = script.last;
  assert.equal(url, "http://server.test/api/bench.v1.Bench/Unary");
  assert.deepEqual(Object.fromEntries(headers), {
    "content-type": "application/proto",
    "connect-protocol-version": "1",
    "connect-timeout-ms": "1501",
    "x-a": "1, 2",
    "y-bin": "AQ",
  });
  assert.deepEqual([init.method, init.redirect], ["POST", "manual"]);
  assert.deepEqual(body, payload(5));
  void script.client.server({ id: 5 });
  assert.equal(script.last.headers.get("content-type"), "application/connect+proto");
  assert.equal(script.last.headers.has("connect-timeout-ms"), false);
  assert.deepEqual(script.last.body, envelope(payload(5)));
  void script.client.unary({}, { timeoutMs: 1e12 });
  assert.equal(script.last.headers.get("connect-timeout-ms"), "9999999999", "ten digits at most");
});

test("an address in a page stays relative, and options of fetch are passed on; the platform's fetch is looked for when a call begins", async (t) => {
  const asked: [unknown, RequestInit][] = [];
  t.mock.method(globalThis, "fetch", async (url: unknown, init: RequestInit) => {
    asked.push([url, init]);
    return new Response(payload(3), { headers: UNARY });
  });
  const client = createClient(Bench, connect("/api", { credentials: "include", cache: "no-store", mode: "same-origin" }));
  assert.equal((await client.unary({})).id, 3);
  const [url, { credentials, cache, mode }] = asked[0] as [unknown, RequestInit & { readonly cache?: string }];
  assert.deepEqual([url, credentials, cache, mode], ["/api/bench.v1.Bench/Unary", "include", "no-store", "same-origin"]);
});

test("JSON both ways, with the codec of the package", async () => {
  const bodies: string[] = [];
  const send = async (_url: unknown, init?: RequestInit) => {
    bodies.push(Buffer.from(init?.body as Uint8Array).toString());
    return new Response('{"id":4,"unknown":1}', { headers: { "content-type": "Application/JSON; charset=utf-8" } });
  };
  const client = createClient(Bench, connect("http://server.test", { codec: jsonCodec, fetch: send as typeof fetch }));
  assert.equal((await client.unary({ name: "é" })).id, 4);
  assert.equal(fromJsonString(PayloadSchema, bodies[0] as string).name, "é");
});

test("a request may be encoded already; one that cannot be encoded is internal, and nothing is sent", async () => {
  const script = new ScriptedFetch();
  void script.client.unary(encode(PayloadSchema, { id: 6 }));
  assert.equal(fromBinary(PayloadSchema, script.last.body).id, 6);
  void script.client.unary(create(PayloadSchema, { id: 7 }));
  assert.equal(fromBinary(PayloadSchema, script.last.body).id, 7);
  await assert.rejects(script.client.unary({ id: "x" as unknown as number }), {
    code: "internal",
    message: /bench\.v1\.Payload cannot be encoded/,
  });
  assert.equal(script.asked.length, 2);
});

test("a fetch that throws, and one that fails, are unavailable", async () => {
  const thrown = new Error("no such scheme");
  for (const broken of [
    () => {
      throw thrown;
    },
    async () => {
      throw thrown;
    },
  ]) {
    const client = createClient(Bench, connect("x:", { fetch: broken as typeof fetch }));
    await assert.rejects(client.unary({}), { code: "unavailable", initiator: "network", cause: thrown, message: /no such scheme.*CORS/ });
  }
});

test("a fetch that does not care for its signal: what still comes is let go of", async () => {
  for (const when of ["before the answer", "in its body"]) {
    let answer: (response: Response) => void = () => {};
    let cancelled = 0;
    const deaf = () => new Promise((resolve) => (answer = resolve));
    const stream = createClient(Bench, connect("http://server.test", { fetch: deaf as typeof fetch })).server({});
    const late = new Response(new ReadableStream({ cancel: () => void cancelled++ }), { headers: STREAM });
    if (when === "before the answer") stream.cancel();
    answer(late);
    await settled();
    stream.cancel();
    await settled();
    assert.equal(cancelled, 1, when);
  }
});

test("C8: no more is taken from the platform than 64 KiB of messages and what is on its way, until they are taken", async () => {
  const script = new ScriptedFetch();
  const stream = script.client.server({});
  script.head(200, STREAM);
  await settled();
  const chunk = envelope(new Uint8Array([0x1a, 0xfc, 0x7f, ...new Uint8Array(16_380)]));
  for (let i = 0; i < 20; i++) script.send(chunk);
  await settled();
  const before = script.pulls;
  assert.equal((await stream.receive())?.body.length, 16_380);
  let taken = 1;
  while (script.pulls === before) {
    assert.ok((await stream.receive()) !== undefined);
    taken++;
    await settled();
  }
  assert.ok(taken > 10, `the platform was asked for more after ${taken} of 20 messages`);
});

test("C6: a receive() that is given up takes nothing, and one at a time may wait", async (t) => {
  const pass = virtualTime(t);
  const script = new ScriptedFetch();
  const stream = script.client.server({});
  script.head(200, STREAM);
  const abort = new AbortController();
  const first = stream.receive({ signal: abort.signal, timeoutMs: 50 });
  assert.throws(() => void stream.receive(), UsageError);
  abort.abort("mine");
  await assert.rejects(first, { code: "cancelled", cause: "mine", initiator: "application", message: /no message is lost/ });
  const late = stream.receive({ timeoutMs: 50 });
  await pass(50);
  await assert.rejects(late, { code: "deadline_exceeded", initiator: "engine", message: /50 ms/ });
  await assert.rejects(stream.receive({ timeoutMs: 0 }), { code: "deadline_exceeded" });
  script.send(envelope(payload(1)), envelope(payload(2)));
  await settled();
  await assert.rejects(stream.receive({ signal: abort.signal }), { code: "cancelled" });
  assert.equal((await stream.receive({ timeoutMs: 0 }))?.id, 1);
  assert.equal((await stream.next({ timeoutMs: 5 })).value?.id, 2);
  assert.throws(() => void stream.receive({ timeoutMs: -1 }), UsageError);
  stream.cancel();
});

test("a message that cannot be read after a good end rejects its receive(), and the rest can be read", async () => {
  const script = new ScriptedFetch();
  const stream = script.client.server({});
  script.head(200, STREAM);
  await settled();
  script.finish(envelope(Uint8Array.of(0x0a, 0xff)), envelope(payload(2)), END);
  assert.equal((await stream.outcome).code, "ok");
  await assert.rejects(stream.receive(), { code: "internal", initiator: "peer" });
  assert.equal((await stream.receive())?.id, 2);
  assert.equal(await stream.receive(), undefined);
});

test("a callback that throws cancels the call, with what it threw as the cause", async () => {
  const thrown = new Error("mine");
  const throws = () => {
    throw thrown;
  };
  for (const options of [{ onHeaders: throws }, { onTrailers: throws }] satisfies CallOptions[]) {
    const script = new ScriptedFetch();
    const call = script.client.unary({}, options);
    script.head(200, UNARY);
    await settled();
    script.finish();
    if ("onHeaders" in options) await assert.rejects(call, { code: "cancelled", cause: thrown });
    else assert.equal((await call).id, 0, "the response has come");
  }
});

test("defaults: those of the method, then the client's, then the channel's; what is out of range throws at once", () => {
  const asked: (string | null)[] = [];
  const send = ((_url: unknown, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("connect-timeout-ms"));
    return new Promise(() => {});
  }) as unknown as typeof fetch;
  const channel = connect("http://server.test", { timeoutMs: 10_000, fetch: send });
  const abort = new AbortController();
  const { signal } = abort;
  createClient(Bench, channel)
    .unary({}, { signal })
    .catch(() => {});
  const client = createClient(Bench, channel, { timeoutMs: 20_000, methods: { server: { timeoutMs: 30_000 } } });
  client.unary({}, { signal }).catch(() => {});
  const stream = client.server({});
  const other = client.server({}, { timeoutMs: 40_000 });
  assert.deepEqual(asked, ["10000", "20000", "30000", "40000"]);
  assert.throws(() => connect("/", { maxReceiveBytes: -1 }), UsageError);
  assert.throws(() => createClient(Bench, channel, { idleTimeoutMs: 0 }), UsageError);
  assert.throws(() => client.unary({}, { timeoutMs: Number.NaN }), UsageError);
  assert.throws(() => client.unary({}, { headers: { "content-type": "x" } }), UsageError);
  for (const call of [stream, other]) call.cancel();
  abort.abort();
});

test("methods that stream requests say which client has them", () => {
  const { client } = new ScriptedFetch();
  for (const call of [() => client.client(), () => client.client([]), () => client.bidi()]) {
    assert.throws(call, (error: RpcError) => error.code === "unimplemented" && /sluice\/web/.test(error.message));
  }
});

test("errors are those of the package", async () => {
  assert.equal(RpcError, PackageError);
  const script = new ScriptedFetch();
  const call = script.client.unary({});
  script.fail(new Error("x"));
  await assert.rejects(call, (error) => error instanceof PackageError && error instanceof RpcError);
});

test("what is forgotten hurts nobody: streams nobody reads, receives nobody awaits", async () => {
  const script = new ScriptedFetch();
  const stream = script.client.server({});
  void stream.receive();
  void stream.headers;
  void script.client.unary({});
  for (const { signal } of script.asked) assert.equal(signal.aborted, false);
  stream.cancel();
  script.fail(new Error("gone"));
  void stream.next();
  await settled();
});
