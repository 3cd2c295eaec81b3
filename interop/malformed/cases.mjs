// Requests that are wrong in one way each, with the answer that RFC 9113 or gRPC's specification gives.
import { data, headers } from "../raw/frames.mjs";
import { callHead, envelope } from "../raw/grpc.mjs";
import { headerBlock } from "../raw/header-block.mjs";
import { either, grpc, http, malformed } from "./answer.mjs";

const EMPTY = envelope(Buffer.alloc(0));
const INTERNAL = 13;
const badTimeout = either(http(400), grpc(3, INTERNAL));

/** Each: a name, what it expects, and the frames it sends for a stream, given the path of a unary method. */
export const cases = [
  // Fields (RFC 9113 §8.2)
  extra("upper-case name", malformed, [["X-Upper", "1"]]),
  extra("empty name", malformed, [["", "1"]]),
  extra("space in a name", malformed, [["x y", "1"]]),
  extra("colon in a name", malformed, [["x:y", "1"]]),
  extra("high byte in a name", malformed, [["x\xe4", "1"]]),
  extra("DEL in a name", malformed, [["x\x7f", "1"]]),
  extra("NUL in a value", malformed, [["x-a", "1\x002"]]),
  extra("CR in a value", malformed, [["x-a", "1\r2"]]),
  extra("LF in a value", malformed, [["x-a", "1\n2"]]),
  extra("leading space in a value", malformed, [["x-a", " 1"]]),
  extra("trailing space in a value", malformed, [["x-a", "1 "]]),
  extra("leading tab in a value", malformed, [["x-a", "\t1"]]),
  // Connection-specific fields (§8.2.2)
  extra("connection", malformed, [["connection", "close"]]),
  extra("keep-alive", malformed, [["keep-alive", "1"]]),
  extra("proxy-connection", malformed, [["proxy-connection", "close"]]),
  extra("transfer-encoding", malformed, [["transfer-encoding", "chunked"]]),
  extra("upgrade", malformed, [["upgrade", "h2c"]]),
  changed("te: gzip", malformed, { te: "gzip" }),
  // Pseudo-fields (§8.3)
  changed("no :method", malformed, { ":method": undefined }),
  changed("no :scheme", malformed, { ":scheme": undefined }),
  changed("no :path", malformed, { ":path": undefined }),
  ordered("doubled :path", malformed, (head) => [head[2], ...head]),
  ordered("doubled :method", malformed, (head) => [head[0], ...head]),
  ordered("doubled :authority", either(malformed, http(400)), (head) => [[":authority", "other"], ...head]),
  ordered("unknown pseudo-field", malformed, (head) => [[":verb", "1"], ...head]),
  ordered("pseudo-field of responses", malformed, (head) => [[":status", "200"], ...head]),
  ordered("pseudo-field after a field", malformed, (head) => [["x-a", "1"], ...head]),
  changed("empty :path", malformed, { ":path": "" }),
  ordered(":path without a slash", either(malformed, grpc(12)), (head) =>
    head.map(([name, value]) => (name === ":path" ? [name, value.slice(1)] : [name, value])),
  ),
  changed("userinfo in :authority", malformed, { ":authority": "me:secret@127.0.0.1" }),
  extra("host that is not :authority", malformed, [["host", "elsewhere.example"]]),
  // Content-Length (§8.1.1)
  extra("content-length too large", malformed, [["content-length", "6"]]),
  extra("content-length too small", malformed, [["content-length", "4"]]),
  extra("content-length not a number", malformed, [["content-length", "5x"]]),
  extra("content-length negative", malformed, [["content-length", "-5"]]),
  extra("two content-lengths", malformed, [
    ["content-length", "5"],
    ["content-length", "6"],
  ]),
  // Trailers (§8.1)
  frames("pseudo-field in trailers", malformed, (id, head) => [
    head,
    data(id, EMPTY),
    headers(id, headerBlock([[":path", "/"]]), { end: true }),
  ]),
  frames("trailers that do not end the stream", malformed, (id, head) => [head, data(id, EMPTY), headers(id, headerBlock([["x-a", "1"]]))]),
  frames("upper-case name in trailers", malformed, (id, head) => [
    head,
    data(id, EMPTY),
    headers(id, headerBlock([["X-A", "1"]]), { end: true }),
  ]),
  // gRPC's head (PROTOCOL-HTTP2.md)
  changed("GET", http(405), { ":method": "GET" }),
  changed("post in lower case", http(405), { ":method": "post" }),
  changed("no content-type", http(415), { "content-type": undefined }),
  changed("text/plain", http(415), { "content-type": "text/plain" }),
  changed("application/grpcfoo", http(415), { "content-type": "application/grpcfoo" }),
  changed("application/grpc+unknown", either(http(415), grpc(12, INTERNAL)), { "content-type": "application/grpc+unknown" }),
  extra("unknown grpc-encoding", grpc(12), [["grpc-encoding", "snail"]]),
  extra("grpc-timeout of 9 digits", badTimeout, [["grpc-timeout", "123456789S"]]),
  extra("grpc-timeout negative", badTimeout, [["grpc-timeout", "-1S"]]),
  extra("grpc-timeout without unit", badTimeout, [["grpc-timeout", "10"]]),
  extra("grpc-timeout with an unknown unit", badTimeout, [["grpc-timeout", "10x"]]),
  extra("grpc-timeout empty", badTimeout, [["grpc-timeout", ""]]),
  extra("bad base64 in -bin", either(http(400), grpc(3, INTERNAL)), [["x-a-bin", "a*b"]]),
  // gRPC's messages
  body("compressed message without grpc-encoding", grpc(INTERNAL), envelope(Buffer.of(1, 2, 3), { compressed: true })),
  body("unknown flag of a message", grpc(INTERNAL), Buffer.of(2, 0, 0, 0, 0)),
  body("end inside a message's prefix", grpc(3, INTERNAL), EMPTY.subarray(0, 3)),
  body("end inside a message", grpc(3, INTERNAL), envelope(Buffer.alloc(2), { length: 10 })),
  body("two messages to a unary method", grpc(12, INTERNAL), Buffer.concat([EMPTY, EMPTY])),
  body("no message to a unary method", grpc(12, INTERNAL), Buffer.alloc(0)),
  body("bytes that are no message", grpc(3, INTERNAL), envelope(Buffer.of(0xff, 0xff, 0xff))),
  // Not gRPC at all
  frames("CONNECT with :path", malformed, (id, _head, path) => [
    headers(id, headerBlock(callHead(path, { ":method": "CONNECT" }))),
    data(id, EMPTY, { end: true }),
  ]),
];

function extra(name, expected, fields) {
  return ordered(name, expected, (head) => [...head, ...fields]);
}

function changed(name, expected, fields) {
  return { name, expected, frames: (id, path) => whole(id, callHead(path, fields)) };
}

function ordered(name, expected, change) {
  return { name, expected, frames: (id, path) => whole(id, change(callHead(path))) };
}

function body(name, expected, bytes) {
  return frames(name, expected, (id, head) => [head, data(id, bytes, { end: true })]);
}

function frames(name, expected, make) {
  return { name, expected, frames: (id, path) => Buffer.concat(make(id, headers(id, headerBlock(callHead(path))), path)) };
}

function whole(id, fields) {
  return Buffer.concat([headers(id, headerBlock(fields)), data(id, EMPTY, { end: true })]);
}
