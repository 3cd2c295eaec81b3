import assert from "node:assert/strict";
import { test } from "node:test";
import { codecOfContentType, contentTypeOfCodec } from "./content-type.js";

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
  test(`${JSON.stringify(contentType)}: ${codec ?? "not gRPC's"}`, () => assert.equal(codecOfContentType(contentType), codec));
}

test("a codec's content type names that codec", () => {
  assert.equal(contentTypeOfCodec("proto"), "application/grpc");
  assert.equal(contentTypeOfCodec("json"), "application/grpc+json");
});
