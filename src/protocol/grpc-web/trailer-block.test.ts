import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";
import { readTrailers, TRAILERS_FLAG, trailersEnvelope } from "./trailer-block.js";

function read(text: string): string[] | string {
  const fields = readTrailers(encodeUtf8(text));
  return typeof fields === "string" ? fields : fields.map(({ name, value }) => `${name}: ${value}`);
}

test("trailers are written as lines with names in lower case, in an envelope of their own", () => {
  const status: Fields = [new Field("grpc-status", "5"), new Field("grpc-message", "no%20room")];
  const bytes = trailersEnvelope(status, [new Field("x-bin", "AQ")]);
  assert.equal(bytes[0], TRAILERS_FLAG);
  assert.equal(TRAILERS_FLAG, 0x80);
  assert.equal(new DataView(bytes.buffer).getUint32(1), bytes.length - 5);
  const block = decodeUtf8(bytes.subarray(5));
  assert.equal(block, "grpc-status: 5\r\ngrpc-message: no%20room\r\nx-bin: AQ\r\n");
  assert.deepEqual(read(block), ["grpc-status: 5", "grpc-message: no%20room", "x-bin: AQ"]);
});

test("names in any case, lines that end in LF alone, blanks around values, a last line without an end, names that repeat", () => {
  assert.deepEqual(read("Grpc-Status:0\nX-Mixed-CASE:   a b\t\r\nx-mixed-case: c"), [
    "grpc-status: 0",
    "x-mixed-case: a b",
    "x-mixed-case: c",
  ]);
  assert.deepEqual(read("\r\n\r\ngrpc-status: 0\r\n\r\n"), ["grpc-status: 0"]);
  assert.deepEqual(read("x:\r\ny: a:b"), ["x: ", "y: a:b"]);
  assert.deepEqual(read(""), []);
});

test("names that objects have of their own are names like others", () => {
  assert.deepEqual(read("__proto__: 1\r\nconstructor: 2\r\n"), ["__proto__: 1", "constructor: 2"]);
});

test("a line that is no field is told, with its beginning", () => {
  for (const [text, told] of [
    ["grpc-status", /a line of the trailers is "grpc-status"/],
    [": 0", /a line of the trailers is ": 0"/],
    ["a b: 0", /the trailer "a b" is malformed/],
    ["x: a\u0000b", /the trailer "x" is malformed/],
    ["x: a\rb: c", /the trailer "x" is malformed/],
    ["x: \u4e2d", /the trailer "x" is malformed/],
    ["connection: close", /the trailer "connection" is malformed/],
  ] as const) {
    assert.match(String(read(text)), told, text);
  }
  const long = read("y".repeat(10_000));
  assert.ok(typeof long === "string" && long.length < 200);
});

test("a block of more than 64 KiB is not read", () => {
  const line = `x: ${"y".repeat(65_531)}\r\n`;
  assert.equal(encodeUtf8(line).length, 65_536);
  assert.equal(typeof read(line), "object");
  assert.match(String(read(`${line}z`)), /65537 bytes; 65536 is the most/);
});

test("bytes that are no UTF-8 make no field", () => {
  assert.match(String(readTrailers(Uint8Array.of(0x78, 0x3a, 0xff, 0xfe))), /malformed/);
});
