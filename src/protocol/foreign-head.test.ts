import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, type Fields, NO_FIELDS } from "../base/field.js";
import { codeFromNumber } from "../rpc/code.js";
import { foreignHead } from "./foreign-head.js";

const LOCATION: Fields = [new Field("location", "https://example.org/log\u00edn ?")];

for (const httpStatus of ["301", "302", "303", "307", "308"]) {
  test(`HTTP status ${httpStatus} is called a redirect, with where it leads, and the beginning of its body is shown`, () => {
    const { status, said } = foreignHead("Connect", httpStatus, "text/html", LOCATION, false);
    assert.equal(status, undefined, "the body may say more");
    assert.equal(codeFromNumber(said?.code ?? -1), "unknown");
    assert.equal(
      said?.message,
      `the answer is not Connect's: HTTP status ${httpStatus} with content-type "text/html" (a redirect to https://example.org/log?n??, which is not followed)`,
    );
  });
}

test("a redirect of which nothing is known is called one", () => {
  const { status } = foreignHead("gRPC-Web", "3xx", undefined, NO_FIELDS, true);
  assert.match(status?.message ?? "", /: HTTP status 3xx without content-type \(a redirect, which is not followed\)$/);
});

test("what leads nowhere else is no redirect", () => {
  for (const httpStatus of ["200", "300", "304", "404"]) {
    assert.doesNotMatch(foreignHead("Connect", httpStatus, undefined, LOCATION, true).status?.message ?? "", /redirect/, httpStatus);
  }
});
