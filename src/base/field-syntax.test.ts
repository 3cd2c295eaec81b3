import assert from "node:assert/strict";
import { test } from "node:test";
import { Field } from "./field.js";
import { checkFieldName, checkFieldValue, FieldFault, faultOf, faultSentence } from "./field-syntax.js";

test("names that an application may send, and others", () => {
  for (const name of ["x", "x-request-id", "a.b_c~1", "x-data-bin"]) assert.equal(checkFieldName(name), undefined, name);
  for (const name of ["", "X", ":path", "a b", "a:", "é", "a\n", "\u0131"]) assert.match(checkFieldName(name) ?? "", /name/, name);
});

test("values that an application may send, and others", () => {
  for (const value of ["", "a", "a b\tc", "é\u00ff", "\u0001"]) assert.equal(checkFieldValue(value), undefined, value);
  for (const value of [" a", "a ", "\ta", "a\n", "a\r\nb: c", "\0", "\u0100", "a\u010a"])
    assert.match(checkFieldValue(value) ?? "", /value/, value);
});

test("every fault has a sentence of its own, and a field carries its fault", () => {
  const sentences = Object.values(FieldFault).map(faultSentence);
  assert.equal(new Set(sentences).size, sentences.length);
  assert.equal(faultOf(new Field("x", "y")), FieldFault.none);
  assert.equal(faultOf(new Field("x", "y\n")), FieldFault.valueForbidden);
  assert.equal(faultOf(new Field("connection", "close")), FieldFault.connectionSpecific);
  assert.equal(faultOf(new Field("te", "Trailers")), FieldFault.none);
  assert.equal(faultOf(new Field("x", "y ")), FieldFault.valueEdge);
});

test("a grpc-message may begin and end with a space, as gRPC has it, and holds nothing else that a value may not", () => {
  for (const value of [" ", "x ", "\tx", ""]) assert.equal(faultOf(new Field("grpc-message", value)), FieldFault.none);
  assert.equal(faultOf(new Field("grpc-message", "x\n ")), FieldFault.valueForbidden);
  assert.equal(faultOf(new Field("grpc-message", "\u0100 ")), FieldFault.valueNotBytes);
});
