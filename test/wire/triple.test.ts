import assert from "node:assert/strict";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { type TestContext, test } from "node:test";
import { RpcError } from "sluice";
import { serve } from "sluice/node";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "../sockets/clean-up.js";

/* Unary calls as plain HTTP, by Triple's clients, Connect's, and people with curl: which of them a server answers how. */

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Record<string, unknown>;
}

type Ask = (body: string, headers?: Record<string, string>, path?: string) => Promise<Answer>;

const GO = { "triple-protocol-version": "0.1.0" };
const JS = { "tri-protocol-version": "1.0.0" };
const CONNECT = { "connect-protocol-version": "1" };

async function serving(t: TestContext): Promise<Ask> {
  const server = await serve({
    routes: (router) =>
      router
        .service(Bench, {
          async unary(request, context) {
            if (request.id === 404) throw new RpcError("unimplemented", "not yet");
            if (request.id === 17) throw new RpcError(17, "out of credit", { details: [{ type: "a.B", value: Uint8Array.of(1) }] });
            if (request.id === 8) await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
            context.responseTrailers.set("closing", "true");
            return { id: request.id, name: context.protocol };
          },
          async *server() {},
        })
        .service(Bench, { unary: () => ({ name: "blue" }) }, { group: "blue" }),
  });
  cleanUp(t)(() => server.close({ graceMs: 0 }));
  return (body, headers = {}, path = "/bench.v1.Bench/Unary") =>
    new Promise((resolve, reject) => {
      const options = { method: "POST", headers: { "content-type": "application/json", ...headers }, agent: false as const };
      const request = httpRequest(`${server.url}${path}`, options, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () => {
          const { statusCode = 0, headers: received } = response;
          const json = /json/.test(received["content-type"] ?? "") ? (JSON.parse(text) as Record<string, unknown>) : {};
          resolve({ status: statusCode, headers: received, body: text, json });
        });
      });
      request.on("error", reject).end(body);
    });
}

test("who says Triple is answered by Triple, who says Connect by Connect, who says both by Connect, who says neither by Connect", async (t) => {
  const ask = await serving(t);
  for (const [headers, protocol, status] of [
    [GO, "triple", 404],
    [JS, "triple", 404],
    [{ "tri-service-timeout": "5000" }, "triple", 404],
    [{ "rest-service-timeout": "5000" }, "triple", 404],
    [{ "tri-service-version": "" }, "triple", 404],
    [{ "tri-consumer-appname": "app" }, "connect", 501],
    [CONNECT, "connect", 501],
    [{ ...CONNECT, ...GO, ...JS }, "connect", 501],
    [{}, "connect", 501],
  ] as const) {
    const good = await ask('{"id":1}', headers);
    assert.deepEqual([good.status, good.json], [200, { id: 1, name: protocol }], JSON.stringify(headers));
    assert.equal(good.headers["trailer-closing"], "true");
    const bad = await ask('{"id":404}', headers);
    assert.deepEqual([bad.status, bad.json], [status, { code: "unimplemented", message: "not yet" }], JSON.stringify(headers));
  }
});

test("a business error has its number in Triple, and its details; Connect has no word for it", async (t) => {
  const ask = await serving(t);
  const details = [{ type: "a.B", value: "AQ" }];
  assert.deepEqual((await ask('{"id":17}', GO)).json, { code: "code_17", message: "out of credit", details });
  assert.deepEqual((await ask('{"id":17}', CONNECT)).json, { code: "unknown", message: "out of credit", details });
});

test("an array of one argument is taken from who says Triple or nothing, and from Connect's clients not", async (t) => {
  const ask = await serving(t);
  for (const headers of [GO, {}]) {
    assert.equal((await ask('[{"id":5}]', headers)).json["id"], 5);
    const two = await ask('[{"id":5},{}]', headers);
    assert.deepEqual([two.status, two.json["code"]], [400, "invalid_argument"]);
    assert.match(String(two.json["message"]), /array of arguments has 2/);
  }
  assert.equal((await ask('[{"id":5}]', CONNECT)).status, 400);
});

test("group, and the first letter of a method, are found by curl too", async (t) => {
  const ask = await serving(t);
  assert.deepEqual((await ask("{}", { "tri-service-group": "blue" })).json, { name: "blue" });
  const missed = await ask("{}", { "tri-service-group": "green" });
  assert.deepEqual([missed.status, missed.json["code"]], [404, "unimplemented"]);
  assert.match(
    String(missed.json["message"]),
    /with group "green", no version; it is with no group and no version; group "blue", no version/,
  );
  assert.equal((await ask("{}", { ...CONNECT, "tri-service-group": "blue" })).json["name"], "blue", "in Connect as well");
  assert.equal((await ask('{"id":3}', GO, "/bench.v1.Bench/unary")).json["id"], 3);
  assert.equal((await ask('{"id":3}', GO, "/bench.v1.Bench/UNARY")).status, 404);
  assert.match(String((await ask("{}", GO, "/bench.v1.Bench/nothing")).json["message"]), /no method nothing/);
});

test("the least of all time-outs ends the call, and what dubbo-go would have said comes back", async (t) => {
  const ask = await serving(t);
  const began = performance.now();
  const late = await ask('{"id":8}', { "tri-service-timeout": "10000", "triple-timeout-ms": "60", "rest-service-timeout": "20000" });
  assert.deepEqual([late.status, late.json["code"]], [408, "deadline_exceeded"]);
  const took = performance.now() - began;
  assert.ok(took >= 55 && took < 5_000, `${took}`);
  const over = await ask('{"id":1}', { "triple-timeout-ms": "0" });
  assert.deepEqual([over.status, over.json["code"]], [408, "deadline_exceeded"]);
});

test("what is wrong in a head of Triple is an error in JSON that names it", async (t) => {
  const ask = await serving(t);
  for (const [headers, status, message] of [
    [{ "triple-protocol-version": "0.2.0" }, 400, /triple-protocol-version is "0\.2\.0"; it must be "0\.1\.0"/],
    [{ "triple-protocol-version": "x".repeat(5_000) }, 400, /it must be "0\.1\.0"/],
    [{ "triple-timeout-ms": "soon" }, 400, /triple-timeout-ms is "soon"/],
    [{ ...GO, "content-type": "application/hessian2" }, 415, /application\/hessian2.*application\/proto or application\/json/],
    [{ ...GO, "content-encoding": "lzma" }, 404, /lzma/],
    [{ ...GO, "x-bin": "*" }, 400, /x-bin/],
    [{ "tri-service-group": "g".repeat(5_000) }, 404, /g{100}…/],
    [{ "tri-service-group": '"\\ü\u0001'.slice(0, 2) }, 404, /is not here with group/],
  ] as const) {
    const { status: answered, json, body } = await ask("{}", headers);
    assert.equal(answered, status, body);
    assert.match(String(json["message"]), message);
    assert.ok(body.length < 1_000, "what a peer wrote is shown in part");
  }
  const stream = await ask("{}", GO, "/bench.v1.Bench/Server");
  assert.deepEqual([stream.status, stream.headers["accept-post"]], [415, "application/grpc+proto, application/grpc+json"]);
  assert.equal((await ask("{}", { "tri-protocol-version": "7" })).status, 200, "nobody looks at this one");
});

test("a body that is no message is invalid_argument, whatever it is", async (t) => {
  const ask = await serving(t);
  for (const body of [
    "",
    "[",
    "[]",
    "null",
    "[null]",
    '"x"',
    "7",
    "{",
    "[[{}]]",
    '["Ada"]',
    "[".repeat(50_000),
    `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
  ]) {
    const { status, json } = await ask(body, GO);
    assert.deepEqual([status, json["code"]], [400, "invalid_argument"], body.slice(0, 20));
  }
});
