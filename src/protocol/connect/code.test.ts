import assert from "node:assert/strict";
import { test } from "node:test";
import { CodeNumber, codeFromNumber } from "../../rpc/code.js";
import { codeOfHttp } from "../foreign-answer.js";
import { CONNECT_CODES, codeOfName } from "./code.js";

const { nameOf, httpStatusOf } = CONNECT_CODES;

/** "Error Codes" of the Connect protocol. */
const TABLE: readonly (readonly [code: number, name: string, httpStatus: string])[] = [
  [1, "canceled", "499"],
  [2, "unknown", "500"],
  [3, "invalid_argument", "400"],
  [4, "deadline_exceeded", "504"],
  [5, "not_found", "404"],
  [6, "already_exists", "409"],
  [7, "permission_denied", "403"],
  [8, "resource_exhausted", "429"],
  [9, "failed_precondition", "400"],
  [10, "aborted", "409"],
  [11, "out_of_range", "400"],
  [12, "unimplemented", "501"],
  [13, "internal", "500"],
  [14, "unavailable", "503"],
  [15, "data_loss", "500"],
  [16, "unauthenticated", "401"],
];

test("each code but ok has its name and its HTTP status, and each name its code", () => {
  for (const [code, name, httpStatus] of TABLE) {
    assert.equal(nameOf(code), name);
    assert.equal(httpStatusOf(code), httpStatus);
    assert.equal(codeOfName(name), code);
  }
  assert.equal(TABLE.length, Object.keys(CodeNumber).length - 1);
});

test("a code without a name is said as unknown, with HTTP status 500", () => {
  for (const code of [0, 17, 99, -1, Number.NaN]) assert.deepEqual([nameOf(code), httpStatusOf(code)], ["unknown", "500"]);
});

test("what is no name of a code has no code", () => {
  for (const name of [
    "",
    "ok",
    "cancelled",
    "Canceled",
    "CANCELED",
    "constructor",
    "__proto__",
    "13",
    13,
    null,
    undefined,
    {},
    ["internal"],
  ]) {
    assert.equal(codeOfName(name), undefined, String(name));
  }
});

test("the code that an HTTP status means is not the one whose HTTP status it is", () => {
  const read = TABLE.map(([, , httpStatus]) => codeFromNumber(codeOfHttp(httpStatus)));
  const expected = "unknown unknown internal unavailable unimplemented unknown permission_denied unavailable";
  assert.deepEqual(read.slice(0, 8), expected.split(" "));
});
