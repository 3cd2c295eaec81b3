import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/usage-error.js";
import { Metadata } from "../rpc/metadata.js";
import { HandlerHeaders } from "./handler-headers.js";

test("headers that have been sent can be read and copied, not changed", () => {
  const metadata = new HandlerHeaders({ a: "1" }).seal();
  for (const change of [
    () => metadata.set("a", "2"),
    () => metadata.append("a", "2"),
    () => metadata.delete("a"),
    () => metadata.delete("none"),
  ]) {
    assert.throws(change, (error: unknown) => error instanceof UsageError && error.message.includes("the response headers have been sent"));
  }
  assert.equal(metadata.get("a"), "1");
  assert.equal(Metadata.from(metadata).set("a", "2").get("a"), "2");
});
