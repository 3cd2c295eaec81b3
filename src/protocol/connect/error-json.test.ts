import assert from "node:assert/strict";
import { test } from "node:test";
import { Field } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { errorJson, parseJson, readErrorJson } from "./error-json.js";

const OTHERWISE = statusOf(14, "the server answered with HTTP status 503");
const TRAILERS = [new Field("x", "1")];

function read(text: string): Status | undefined {
  return readErrorJson(parseJson(encodeUtf8(text)), { ...OTHERWISE, trailers: TRAILERS });
}

test("an error as it is written is read again", () => {
  const details = [
    { type: "google.rpc.RetryInfo", value: Uint8Array.of(1, 2, 3, 4) },
    { type: "a.B", value: new Uint8Array(0) },
  ];
  const json = errorJson({ code: 5, message: "no “room”", details, trailers: [] });
  assert.deepEqual(json, {
    code: "not_found",
    message: "no “room”",
    details: [
      { type: "google.rpc.RetryInfo", value: "AQIDBA" },
      { type: "a.B", value: "" },
    ],
  });
  assert.deepEqual(read(JSON.stringify(json)), { code: 5, message: "no “room”", details, trailers: TRAILERS });
  assert.deepEqual(errorJson(statusOf(13, "")), { code: "internal" }, "what is empty is left out");
});

test("details are base64 without padding, and with padding too; what people read beside them is ignored", () => {
  const details = (value: string) => read(`{"code":"aborted","details":[{"type":"a.B","value":"${value}","debug":{"deep":[1]}}]}`)?.details;
  assert.deepEqual(details("AQ"), [{ type: "a.B", value: Uint8Array.of(1) }]);
  assert.deepEqual(details("AQ=="), [{ type: "a.B", value: Uint8Array.of(1) }]);
});

test("a detail that is malformed is dropped, and does not hide the error or the other details", () => {
  const bad = ["null", "7", '"x"', "[]", "{}", '{"type":"a.B"}', '{"value":"AQ"}', '{"type":1,"value":"AQ"}', '{"type":"a","value":"*"}'];
  const status = read(`{"code":"aborted","message":"m","details":[${bad.join(",")},{"type":"a.B","value":"AQ"}]}`);
  assert.deepEqual(status, { code: 10, message: "m", details: [{ type: "a.B", value: Uint8Array.of(1) }], trailers: TRAILERS });
  for (const details of ["{}", "7", '"x"', "null", "true"]) assert.deepEqual(read(`{"code":"aborted","details":${details}}`)?.details, []);
});

test("a code that is missing, null, a number or no name is the one that HTTP said; the message stays", () => {
  for (const code of ["", '"code":null,', '"code":13,', '"code":"ok",', '"code":"constructor",', '"code":"INTERNAL",', '"code":{},']) {
    assert.deepEqual(read(`{${code}"message":"m"}`), { ...OTHERWISE, message: "m", trailers: TRAILERS }, code);
  }
  assert.equal(read("{}")?.message, OTHERWISE.message, "without a code and a message, what HTTP said is all there is");
});

test("a message that is missing or no text is empty", () => {
  for (const message of ["", ',"message":null', ',"message":7', ',"message":["x"]']) {
    assert.equal(read(`{"code":"internal"${message}}`)?.message, "");
  }
});

test("of a key that comes twice the last counts, and unknown keys are ignored", () => {
  assert.equal(read('{"code":"internal","code":"aborted","other":1,"__proto__":{"message":"x"}}')?.code, 10);
});

test("what is no object is no error", () => {
  for (const text of ["null", "7", '"internal"', "[]", "true", "", "{", "\u0000", '{"code":"internal"', "NaN"]) {
    assert.equal(read(text), undefined, text);
  }
});

test("nesting without end, numbers without end and bytes that are no UTF-8 are no error, and end nothing else", () => {
  const deep = 200_000;
  const nested = `{"code":"internal","x":${"[".repeat(deep)}${"]".repeat(deep)}}`;
  // whether an engine can read so deep is its own matter: it must only not throw
  assert.ok([13, undefined].includes(read(nested)?.code));
  assert.equal(read(`${"[".repeat(deep)}`), undefined);
  assert.equal(read(`{"code":"internal","x":1${"0".repeat(10_000)}}`)?.code, 13);
  assert.equal(parseJson(Uint8Array.of(0xff, 0xfe, 0x7b, 0x7d)), undefined);
  const bytes = Uint8Array.of(...encodeUtf8('{"code":"internal","message":"a'), 0xff, ...encodeUtf8('b"}'));
  assert.equal(readErrorJson(parseJson(bytes), OTHERWISE)?.message, "a\ufffdb");
});
