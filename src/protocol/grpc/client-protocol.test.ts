import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, file_google_protobuf_any } from "@bufbuild/protobuf/wkt";
import { Field, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { PLAIN_HEAD } from "../../exchange/client-protocol.js";
import { codeFromNumber } from "../../rpc/code.js";
import { methodOf } from "../../rpc/method.js";
import { statusOf } from "../../rpc/status.js";
import { grpcClient } from "./client-protocol.js";
import { grpcServer } from "./server-protocol.js";

const method = methodOf(service().methods[0] as DescService["methods"][number]);
const target = { scheme: "https", authority: "example.org:443" } as const;

function service(): DescService {
  const file = create(FileDescriptorProtoSchema, {
    name: "t.proto",
    package: "a",
    dependency: ["google/protobuf/any.proto"],
    service: [{ name: "B", method: [{ name: "C", inputType: ".google.protobuf.Any", outputType: ".google.protobuf.Any" }] }],
  });
  return createFileRegistry(create(FileDescriptorSetSchema, { file: [file_google_protobuf_any.proto, file] })).getService(
    "a.B",
  ) as DescService;
}

function fields(object: Record<string, string | undefined>): Fields {
  const list: Field[] = [];
  for (const [name, value] of Object.entries(object)) if (value !== undefined) list.push(new Field(name, value));
  return list;
}

function pairs(list: Fields): string[] {
  return list.map(({ name, value }) => `${name}: ${value}`);
}

test("the head of a request: pseudo-fields first, then what every call of the method says", () => {
  const head = grpcClient.requestHead(target, method, { codec: "proto", send: "identity", accept: [] });
  const agent = head.find(({ name }) => name === "user-agent")?.value ?? "";
  assert.match(agent, /^grpc-node-sluice\/\d+\.\d+\.\d+/);
  assert.deepEqual(pairs(head), [
    ":method: POST",
    ":scheme: https",
    ":path: /a.B/C",
    ":authority: example.org:443",
    "te: trailers",
    "content-type: application/grpc",
    `user-agent: ${agent}`,
  ]);
  const json = grpcClient.requestHead(target, method, { codec: "json", send: "gzip", accept: ["br", "gzip"] });
  assert.deepEqual(pairs(json).slice(5, 6), ["content-type: application/grpc+json"]);
  assert.deepEqual(pairs(json).slice(7), ["grpc-encoding: gzip", "grpc-accept-encoding: br,gzip"]);
});

test("the server reads what the client writes", () => {
  const head = grpcClient.requestHead(target, method, { codec: "json", send: "gzip", accept: ["br"] });
  const read = grpcServer.readRequest([...head, ...grpcClient.timeoutFields(1_500)]);
  assert.equal(read.kind, "request");
  if (read.kind !== "request") return;
  assert.deepEqual(
    [read.path, read.codec, read.timeoutMs, read.compression, read.acceptCompression],
    ["/a.B/C", "json", 1_500, "gzip", "br"],
  );
});

test("the time-out stands in grpc-timeout, in whole milliseconds, and is never 0", () => {
  assert.deepEqual(grpcClient.timeoutFields(1_500), [new Field("grpc-timeout", "1500m")]);
  assert.deepEqual(grpcClient.timeoutFields(0.2), [new Field("grpc-timeout", "1m")]);
});

const GOOD = { ":status": "200", "content-type": "application/grpc" };

test("a plain head is one shared object", () => {
  const head = grpcClient.readHead(fields(GOOD), false);
  assert.deepEqual(head, PLAIN_HEAD);
  assert.equal(
    grpcClient.readHead(fields({ ...GOOD, "content-type": "application/grpc+proto", "grpc-encoding": "identity" }), false),
    head,
  );
});

test("a head names the compression of its messages; what is not the protocol's own in it is metadata", () => {
  const head = grpcClient.readHead(
    fields({ ...GOOD, "grpc-encoding": "gzip", "grpc-accept-encoding": "br", date: "now", "x-bin": "AQ==" }),
    false,
  );
  assert.equal(head.compression, "gzip");
  assert.deepEqual(pairs(head.metadata), ["date: now", "x-bin: AQ=="]);
  assert.equal(head.status, undefined);
});

test("a head that ends the response says status and trailers", () => {
  const head = grpcClient.readHead(fields({ ...GOOD, "grpc-status": "5", "grpc-message": "no%20room", x: "1" }), true);
  assert.deepEqual(head, { ...PLAIN_HEAD, status: statusOf(5, "no room", [new Field("x", "1")]) });
  assert.equal(grpcClient.readHead(fields({ ":status": "200", "grpc-status": "5" }), true).status?.code, 5);
  assert.equal(grpcClient.readHead(fields({ ...GOOD, "grpc-status": "0" }), true).status?.code, 0);
});

test("a status in a head counts for nothing where a body follows", () => {
  const head = grpcClient.readHead(fields({ ...GOOD, "grpc-status": "5", "grpc-message": "x" }), false);
  assert.deepEqual(head, { ...PLAIN_HEAD, said: statusOf(5, "x") });
  for (const empty of [true, false]) assert.equal(grpcClient.readBodyEnd(head, empty).code, 13);
});

test("what a server of ours refuses is read as it was meant", () => {
  const refusal = grpcServer.readRequest(fields({ ":method": "POST", "content-type": "text/plain" }));
  assert.equal(refusal.kind, "refusal");
  const status = grpcClient.readHead(refusal.fields, true).status;
  assert.equal(status?.code, 3);
  assert.match(status?.message ?? "", /"text\/plain"/);
});

const http: [httpStatus: string, code: string][] = [
  ["400", "internal"],
  ["401", "unauthenticated"],
  ["403", "permission_denied"],
  ["404", "unimplemented"],
  ["429", "unavailable"],
  ["502", "unavailable"],
  ["503", "unavailable"],
  ["504", "unavailable"],
  ["200", "unknown"],
  ["204", "unknown"],
  ["301", "unknown"],
  ["405", "unknown"],
  ["415", "unknown"],
  ["500", "unknown"],
];
for (const [httpStatus, code] of http) {
  test(`HTTP status ${httpStatus} without gRPC is ${code}, and says what came`, () => {
    const says = new RegExp(`HTTP status ${httpStatus} with content-type "text/html"`);
    const page = { ":status": httpStatus, "content-type": "text/html", server: "proxy" };
    const empty = grpcClient.readHead(fields(page), true);
    assert.equal(codeFromNumber(empty.status?.code ?? -1), code);
    assert.match(empty.status?.message ?? "", says);
    const head = grpcClient.readHead(fields(page), false);
    assert.equal(head.status, undefined, "the body may say more");
    assert.ok(head.errorBody);
    const status = grpcClient.readClosing(encodeUtf8("<h1>Bad\r\nGateway</h1>"), head);
    assert.equal(codeFromNumber(status.code), code);
    assert.match(status.message, says);
    assert.match(status.message, /which begins: <h1>Bad Gateway<\/h1>$/);
    for (const { metadata } of [empty, head]) assert.deepEqual(pairs(metadata), ["server: proxy"]);
    const bare = grpcClient.readHead(fields({ ":status": httpStatus }), true);
    assert.equal(codeFromNumber(bare.status?.code ?? -1), code);
    assert.match(bare.status?.message ?? "", /without content-type/);
    if (httpStatus === "200") return;
    const typed = grpcClient.readHead(fields({ ...GOOD, ":status": httpStatus }), false);
    assert.equal(codeFromNumber(typed.status?.code ?? -1), code);
  });
}

test("an HTTP error is no good end, whatever grpc-status says beside it", () => {
  assert.equal(grpcClient.readHead(fields({ ...GOOD, ":status": "503", "grpc-status": "0" }), true).status?.code, 14);
  assert.equal(grpcClient.readHead(fields({ ...GOOD, ":status": "503", "grpc-status": "8" }), true).status?.code, 8);
  assert.equal(grpcClient.readHead(fields({ ":status": "200", "content-type": "text/html", "grpc-status": "0" }), true).status?.code, 2);
});

test("answers that are gRPC's and yet not right are internal", () => {
  const { status: none } = grpcClient.readHead(fields(GOOD), true);
  assert.equal(none, grpcClient.readBodyEnd(PLAIN_HEAD, false));
  assert.equal(none?.code, 13);
  const codec = grpcClient.readHead(fields({ ...GOOD, "content-type": "application/grpc+thrift" }), false).status;
  assert.deepEqual([codec?.code, codec?.message.includes("thrift")], [13, true]);
});

test("a reset is read as in every protocol: CANCEL is cancelled", () => {
  assert.equal(codeFromNumber(grpcClient.readReset(8)), "cancelled");
});
