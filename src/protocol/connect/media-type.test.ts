import assert from "node:assert/strict";
import { test } from "node:test";
import { isStream, streamCodec, unaryCodec } from "./media-type.js";

test("the codec stands in the content-type, whatever its case and its parameters", () => {
  for (const codec of ["proto", "json"]) {
    for (const type of ["", ";charset=utf-8", " ; charset=UTF-8; x=y", ";"]) {
      assert.equal(unaryCodec(`application/${codec}${type}`), codec);
      assert.equal(streamCodec(`application/connect+${codec}${type}`), codec);
    }
    assert.equal(unaryCodec(`Application/${codec.toUpperCase()}`), codec);
  }
});

test("content types of others have no codec here, and unary ones are not those of streams", () => {
  for (const type of [
    "",
    "application/",
    "application/jsonp",
    "application/json5",
    "application/x-json",
    "text/json",
    "json",
    "application/protobuf",
  ]) {
    assert.equal(unaryCodec(type), undefined, type);
    assert.equal(streamCodec(type), undefined, type);
  }
  assert.equal(unaryCodec("application/connect+json"), undefined);
  assert.equal(streamCodec("application/json"), undefined);
  assert.equal(streamCodec("application/connect+json, application/json"), undefined);
});

test("a stream is known as one also where its codec is not known", () => {
  for (const type of ["application/connect+proto", "APPLICATION/CONNECT+json;x", "application/connect+thrift"]) assert.ok(isStream(type));
  for (const type of ["application/connect", "application/json", "x application/connect+json"]) assert.ok(!isStream(type), type);
});
