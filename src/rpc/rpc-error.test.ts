import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { DurationSchema, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { Field } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";
import { type Code, CodeNumber, codeFromNumber, codeToNumber } from "./code.js";
import { detail } from "./error-detail.js";
import { errorStatus } from "./error-status.js";
import { Metadata } from "./metadata.js";
import { Outcome, outcomeError } from "./outcome.js";
import { RpcError } from "./rpc-error.js";
import { NO_DETAILS, STATUS_OK, statusOf } from "./status.js";

test("what an error says when only code and message are given", () => {
  const error = new RpcError("not_found", "no such room");
  assert.equal(error.code, "not_found");
  assert.equal(error.message, "no such room");
  assert.equal(error.name, "RpcError");
  assert.equal(error.initiator, "application");
  assert.equal(error.details.length, 0);
  assert.equal(error.metadata.size, 0);
  assert.equal("cause" in error, false);
  assert.equal(String(error), "RpcError: no such room");
  assert.match(error.stack ?? "", /^RpcError: no such room/);
});

test("options are kept", () => {
  const metadata = new Metadata({ a: "1" });
  const details = [detail(DurationSchema, { seconds: 3n })];
  const cause = new Error("why");
  const error = new RpcError("internal", "", { metadata, details, cause, initiator: "peer" });
  assert.equal(error.metadata, metadata);
  assert.equal(error.details, details);
  assert.equal(error.cause, cause);
  assert.equal(error.initiator, "peer");
  assert.equal(new RpcError("internal", "", { metadata: { b: "2" } }).metadata.get("b"), "2");
});

for (const bad of ["ok", 0, -1, 1.5, Number.NaN, 2 ** 31, "nonsense", "constructor", "toString", undefined, null]) {
  test(`${String(bad)} is no code of an error`, () => {
    assert.throws(
      () => new RpcError(bad as Code, ""),
      (error: unknown) => error instanceof UsageError && error.message.includes('"code"'),
    );
  });
}

test("codes by number: 1 to 16 get their names, 17 and up stay", () => {
  for (const [name, number] of Object.entries(CodeNumber)) {
    assert.equal(codeFromNumber(number), name);
    assert.equal(codeToNumber(name as Code), number);
    if (number > 0) assert.equal(new RpcError(number, "").code, name);
  }
  assert.equal(new RpcError(17, "").code, 17);
  assert.equal(errorStatus(new RpcError(2147483647, "")).code, 2147483647);
});

test("instanceof holds for another copy's errors, and tells subclasses apart", async () => {
  const address = new URL("./rpc-error.js?copy", import.meta.url).href;
  const copy = ((await import(address)) as { RpcError: typeof RpcError }).RpcError;
  assert.notEqual(copy, RpcError);
  class Special extends RpcError {}
  assert.equal(new copy("aborted", "") instanceof RpcError, true);
  assert.equal(new RpcError("aborted", "") instanceof copy, true);
  assert.equal(new Special("aborted", "") instanceof RpcError, true);
  assert.equal(new Special("aborted", "") instanceof Special, true);
  assert.equal(new RpcError("aborted", "") instanceof Special, false);
  for (const other of [new Error(""), { name: "RpcError" }, null, undefined, "x", 1]) assert.equal(other instanceof RpcError, false);
  const foreign = new copy("aborted", "");
  assert.equal(RpcError.from(foreign), foreign);
});

test("from: an RpcError stays itself, anything else becomes one", () => {
  const error = new RpcError("aborted", "x");
  assert.equal(RpcError.from(error, "internal"), error);
  const cause = new TypeError("boom");
  assert.equal(RpcError.from(cause).code, "unknown");
  assert.equal(RpcError.from(cause).message, "boom");
  assert.equal(RpcError.from(cause, "internal").code, "internal");
  assert.equal(RpcError.from(cause).cause, cause);
  assert.equal(RpcError.from("text").message, "text");
  assert.equal(RpcError.from(undefined).message, "undefined");
  assert.doesNotThrow(() => RpcError.from(Object.create(null)));
  assert.doesNotThrow(() => RpcError.from(Symbol("s")));
});

test("findDetails gives the messages of one type, and leaves out what cannot be decoded", () => {
  const details = [
    detail(DurationSchema, { seconds: 3n }),
    detail(StringValueSchema, create(StringValueSchema, { value: "x" })),
    { type: "google.protobuf.Duration", value: Uint8Array.of(0xff) },
    detail(DurationSchema, { nanos: 4 }),
  ];
  const found = new RpcError("internal", "", { details }).findDetails(DurationSchema);
  assert.deepEqual(
    found.map(({ seconds, nanos }) => [seconds, nanos]),
    [
      [3n, 0],
      [0n, 4],
    ],
  );
});

test("an error as a status", () => {
  const details = [detail(DurationSchema, {})];
  const error = new RpcError("not_found", "gone", { details, metadata: { a: "1" } });
  const { trailers, ...rest } = errorStatus(error);
  assert.deepEqual(rest, { code: 5, message: "gone", details });
  assert.deepEqual(
    trailers.map(({ name, value }) => [name, value]),
    [["a", "1"]],
  );
  assert.deepEqual(
    errorStatus(new RpcError("not_found", "gone", { metadata: { a: "1" }, initiator: "peer" })).trailers,
    [],
    "a peer's stays here",
  );
});

test("an outcome: code by name, trailers made once", () => {
  const outcome = new Outcome(statusOf(14, "gone", [new Field("a", "1")]), "network");
  assert.equal(outcome.code, "unavailable");
  assert.equal(outcome.message, "gone");
  assert.equal(outcome.initiator, "network");
  assert.equal(outcome.details, NO_DETAILS);
  assert.equal(outcome.trailers, outcome.trailers);
  assert.equal(outcome.trailers.get("a"), "1");
  const error = outcomeError(outcome);
  assert.deepEqual([error.code, error.message, error.initiator, error.metadata], ["unavailable", "gone", "network", outcome.trailers]);
  assert.equal("cause" in error, false);
  assert.equal(outcomeError(outcome, 7).cause, 7);
  assert.equal(new Outcome(statusOf(99, ""), "peer").code, 99);
});

test("a good outcome has no error", () => {
  const outcome = new Outcome(STATUS_OK, "peer");
  assert.equal(outcome.code, "ok");
  assert.throws(() => outcomeError(outcome), UsageError);
});
