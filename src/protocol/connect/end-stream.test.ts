import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields } from "../../base/field.js";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";
import { STATUS_OK, type Status, statusOf } from "../../rpc/status.js";
import { END_STREAM_FLAG, endStream, readEndStream } from "./end-stream.js";

function read(text: string): Status {
  return readEndStream(encodeUtf8(text));
}

function pairs(fields: Fields): string[] {
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

function written(status: Status): string {
  const bytes = endStream(status);
  assert.equal(bytes[0], END_STREAM_FLAG);
  assert.equal(new DataView(bytes.buffer).getUint32(1), bytes.length - 5);
  return decodeUtf8(bytes.subarray(5));
}

test("a good end is an empty object, an error stands in it, trailers are lists by their names", () => {
  assert.equal(END_STREAM_FLAG, 0x02);
  assert.equal(written(STATUS_OK), "{}");
  assert.equal(written(statusOf(8, "no room")), '{"error":{"code":"resource_exhausted","message":"no room"}}');
  const trailers = [new Field("x", "1"), new Field("y-bin", "AQ"), new Field("x", "2")];
  assert.equal(written({ ...STATUS_OK, trailers }), '{"metadata":{"x":["1","2"],"y-bin":["AQ"]}}');
});

test("names that objects have of their own are names like others, both ways", () => {
  const trailers = ["__proto__", "constructor", "tostring", "hasownproperty"].map((name) => new Field(name, "v"));
  const text = written({ ...STATUS_OK, trailers });
  assert.deepEqual(pairs(read(text).trailers), pairs(trailers));
  assert.equal(({} as Record<string, unknown>)["v"], undefined);
});

test("names of metadata may be in any case, values may be a text instead of a list", () => {
  const { trailers } = read('{"metadata":{"X-Mixed":["a","b"],"Y-BIN":["AQ=="],"z":"alone"}}');
  assert.deepEqual(pairs(trailers), ["x-mixed: a", "x-mixed: b", "y-bin: AQ==", "z: alone"]);
});

test("metadata that could stand in no field, or that is a protocol's own, is left out", () => {
  const bad = {
    "": ["x"],
    ":status": ["200"],
    "a b": ["x"],
    "a\r\nset-cookie": ["x"],
    crlf: ["x\r\ny: z"],
    nul: ["\u0000"],
    high: ["\u4e2d"],
    number: [1, null, {}, ["x"]],
    "content-type": ["text/html"],
    "connect-timeout-ms": ["1"],
    "content-length": ["1"],
    connection: ["close"],
    "grpc-status": ["0"],
    good: [" trimmed "],
  };
  assert.deepEqual(pairs(read(JSON.stringify({ metadata: bad })).trailers), ["good: trimmed"]);
  for (const metadata of ["null", "[]", "7", '"x"']) assert.deepEqual(read(`{"metadata":${metadata}}`), { ...STATUS_OK, trailers: [] });
});

test("an error that is null is none; one that is no object, or names no code, is unknown", () => {
  assert.equal(read('{"error":null}').code, 0);
  for (const error of ["{}", "7", '"x"', "[]", "true", '{"code":null}', '{"code":"no_such"}']) {
    assert.equal(read(`{"error":${error},"metadata":{"x":["1"]}}`).code, 2, error);
    assert.deepEqual(pairs(read(`{"error":${error},"metadata":{"x":["1"]}}`).trailers), ["x: 1"], error);
  }
  assert.equal(read('{"error":{"code":"not_found"}}').message, "", "a message may be missing");
  assert.equal(read('{"other":{"error":{}},"__proto__":{"error":{}}}').code, 0, "what is unknown is ignored");
});

test("an end that is no JSON object is internal", () => {
  for (const text of ["", "null", "7", "[]", '"x"', "{", "{}}", "\u0000", "[".repeat(200_000)]) {
    const status = read(text);
    assert.equal(status.code, 13, text.slice(0, 10));
    assert.match(status.message, /not a JSON object/);
  }
});
