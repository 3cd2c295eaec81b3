import assert from "node:assert/strict";
import { test } from "node:test";
import { GRPC, MediaType } from "./media-type.js";

const cases: [contentType: string, codec: string | undefined][] = [
  ["application/grpc", "proto"],
  ["application/grpc+proto", "proto"],
  ["application/grpc+json", "json"],
  ["Application/GRPC+Json", "json"],
  ["application/grpc;charset=utf-8", "proto"],
  ["application/grpc ; a=b", "proto"],
  ["application/grpc+json; charset=utf-8", "json"],
  ["application/grpc+thrift", "thrift"],
  ["application/grpcfoo", undefined],
  ["application/grpc+", undefined],
  ["application/grpc+;a", undefined],
  ["application/grpc-web", undefined],
  ["application/grpc-web+proto", undefined],
  ["application/grpc/x", undefined],
  ["application/grp", undefined],
  ["xapplication/grpc", undefined],
  ["application/json", undefined],
  ["", undefined],
];
for (const [contentType, codec] of cases) {
  test(`${JSON.stringify(contentType)}: ${codec ?? "not gRPC's"}`, () => assert.equal(GRPC.codecOf(contentType), codec));
}

test("a codec's content type names that codec", () => {
  assert.equal(GRPC.of("proto"), "application/grpc");
  assert.equal(GRPC.of("json"), "application/grpc+json");
});

test("a kin of gRPC has content types of its own", () => {
  const web = new MediaType("gRPC-Web", "application/grpc-web");
  assert.equal(web.codecOf("application/grpc-web+json"), "json");
  assert.equal(web.codecOf("application/grpc-web"), "proto");
  assert.equal(web.codecOf("application/grpc-web-text"), undefined);
  assert.equal(web.codecOf("application/grpc"), undefined);
  assert.equal(web.of("json"), "application/grpc-web+json");
});
