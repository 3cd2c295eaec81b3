import assert from "node:assert/strict";
import { test } from "node:test";
import { codeFromNumber } from "../../rpc/code.js";
import { statusOf } from "../../rpc/status.js";
import { errorJson, readErrorJson } from "../connect/error-json.js";
import { TRIPLE_CODES } from "./code.js";

/** `tripleCodeToHTTP` of dubbo-go 3.3.2. */
const HTTP: readonly (readonly [code: number, httpStatus: string])[] = [
  [1, "408"],
  [2, "500"],
  [3, "400"],
  [4, "408"],
  [5, "404"],
  [6, "409"],
  [7, "403"],
  [8, "429"],
  [9, "412"],
  [10, "409"],
  [11, "400"],
  [12, "404"],
  [13, "500"],
  [14, "503"],
  [15, "500"],
  [16, "401"],
  [17, "500"],
  [99, "500"],
];

test("the HTTP statuses of codes are dubbo-go's", () => {
  for (const [code, httpStatus] of HTTP) assert.equal(TRIPLE_CODES.httpStatusOf(code), httpStatus, String(code));
});

test("the codes of HTTP statuses are dubbo-go's", () => {
  const codes = "400 401 403 404 408 412 413 429 431 502 503 504 200 409 418 500 505 x".split(" ");
  const expected =
    "invalid_argument unauthenticated permission_denied unimplemented deadline_exceeded failed_precondition resource_exhausted unavailable " +
    "resource_exhausted unavailable unavailable unavailable unknown unknown unknown unknown unknown unknown";
  assert.equal(codes.map((httpStatus) => codeFromNumber(TRIPLE_CODES.codeOfHttp(httpStatus))).join(" "), expected);
});

const OTHERWISE = statusOf(14, "the server answered with HTTP status 503");

function read(json: unknown): number | undefined {
  return readErrorJson(json, OTHERWISE, TRIPLE_CODES.codeIn)?.code;
}

test("a code goes by its name, one without a name by its number, and is read again", () => {
  for (let code = 1; code <= 20; code++) {
    const { code: name } = errorJson(statusOf(code, ""), TRIPLE_CODES);
    assert.equal(read({ code: name }), code, name);
  }
  assert.equal(errorJson(statusOf(17, "x"), TRIPLE_CODES).code, "code_17");
  assert.equal(errorJson(statusOf(1, "x"), TRIPLE_CODES).code, "canceled");
});

for (const [who, json, code] of [
  ["dubbo-go", { code: "not_found" }, 5],
  ["dubbo-go, a business error", { code: "code_17", message: "out of credit" }, 17],
  ["Dubbo Java", { status: "404", message: "no such service" }, 12],
  ["Dubbo Java", { status: "400" }, 3],
  ["Dubbo Java, a status that means no code", { status: "500" }, 14],
  ["dubbo-js", { status: 5, message: "m" }, 5],
  ["dubbo-js", { status: 16 }, 16],
  ["the specification", { status: 31 }, 4],
  ["the specification", { status: 60 }, 12],
  ["the specification", { status: 100 }, 8],
  ["both, of which the code counts", { code: "aborted", status: 5 }, 10],
] as const) {
  test(`an error as ${who} writes it: ${JSON.stringify(json)}`, () => {
    assert.equal(read(json), code);
  });
}

test("what is no code in any of these forms leaves the one of the HTTP status", () => {
  const codes = [
    "",
    "ok",
    "code_",
    "code_0",
    "code_-1",
    "code_1e3",
    "code_99999999999",
    " code_17",
    "CODE_17",
    "Canceled",
    17,
    null,
    {},
    ["internal"],
  ];
  for (const code of codes) assert.equal(read({ code }), OTHERWISE.code, JSON.stringify(code));
  for (const status of [0, -5, 1.5, Number.NaN, 1e300, 26, 99, 700, "", "0", "OK", "4o4", "0404", "1000", null, [], {}, true]) {
    assert.equal(read({ status }), OTHERWISE.code, JSON.stringify(status));
  }
  assert.equal(read({}), OTHERWISE.code);
});
