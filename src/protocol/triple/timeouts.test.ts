import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { tripleGrpcServer } from "./grpc-server.js";
import { tripleHttpServer } from "./http-server.js";
import { tripleTimeoutFields } from "./timeouts.js";

const HEADS = {
  http: { server: tripleHttpServer, type: "application/json" },
  grpc: { server: tripleGrpcServer, type: "application/grpc+proto" },
} as const;

function read(form: keyof typeof HEADS, own: Readonly<Record<string, string>>): RequestHead | Refusal {
  const { server, type } = HEADS[form];
  const head = { ":method": "POST", ":path": "/a.B/C", "content-type": type, ...own };
  return server.readRequest(Object.entries(head).map(([name, value]) => new Field(name, value)));
}

function timeoutOf(form: keyof typeof HEADS, own: Readonly<Record<string, string>>): number {
  const request = read(form, own);
  return request.kind === "request" ? request.timeoutMs : assert.fail(request.because);
}

test("a client says the time-out by the two names that servers read, rounded up, ten digits at the most", () => {
  const said = (ms: number) => tripleTimeoutFields(ms).map(({ name, value }) => `${name}: ${value}`);
  assert.deepEqual(said(1_500), ["tri-service-timeout: 1500", "triple-timeout-ms: 1500"]);
  assert.deepEqual(said(0.2), ["tri-service-timeout: 1", "triple-timeout-ms: 1"]);
  assert.deepEqual(said(1e15), ["tri-service-timeout: 9999999999", "triple-timeout-ms: 9999999999"]);
});

for (const form of ["http", "grpc"] as const) {
  test(`${form}: each of the five names is read`, () => {
    assert.equal(timeoutOf(form, {}), Number.POSITIVE_INFINITY);
    for (const name of ["tri-service-timeout", "triple-timeout-ms", "rest-service-timeout", "connect-timeout-ms"]) {
      assert.equal(timeoutOf(form, { [name]: "250" }), 250, name);
    }
    assert.equal(timeoutOf(form, { "grpc-timeout": "2S" }), 2_000);
  });

  test(`${form}: of several the least counts, whatever their order`, () => {
    const all = [
      ["tri-service-timeout", "900"],
      ["grpc-timeout", "800m"],
      ["triple-timeout-ms", "700"],
      ["rest-service-timeout", "600"],
      ["connect-timeout-ms", "500"],
    ] as const;
    for (let turn = 0; turn < all.length; turn++) {
      const turned = [...all.slice(turn), ...all.slice(0, turn)];
      assert.equal(timeoutOf(form, Object.fromEntries(turned)), 500);
      assert.equal(timeoutOf(form, Object.fromEntries([...turned, ["triple-timeout-ms", "0"]])), 0, "no time left");
    }
  });

  test(`${form}: one that is malformed is refused by its name, also beside good ones`, () => {
    for (const name of ["tri-service-timeout", "triple-timeout-ms", "rest-service-timeout"]) {
      for (const value of ["", "-1", "+1", "1.5", "1e3", "1s", "12345678901", "9".repeat(5_000), "0x10", "NaN", "١"]) {
        const refusal = read(form, { "tri-service-timeout": "5", [name]: value });
        assert.equal(refusal.kind, "refusal", value);
        assert.match((refusal as Refusal).because, new RegExp(`^${name} is `));
        assert.ok((refusal as Refusal).because.length < 250, "what a peer wrote is shown in part");
      }
    }
  });
}

test("what grpc-timeout may not be is refused as gRPC refuses it, over HTTP as any other", () => {
  const refused = (form: keyof typeof HEADS) => read(form, { "grpc-timeout": "1h" });
  assert.match((refused("grpc") as Refusal).because, /"grpc-timeout" is malformed/);
  assert.match((refused("http") as Refusal).because, /^grpc-timeout is "1h"/);
  const status = (fields: Fields) => fields.find(({ name }) => name === ":status")?.value;
  assert.equal(status((refused("http") as Refusal).fields), "400");
});
