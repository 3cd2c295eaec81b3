import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../base/usage-error.js";
import { addressText, parseServerAddress } from "./address.js";

test("addresses as users write them", () => {
  assert.deepEqual(parseServerAddress("http://127.0.0.1:8080"), {
    address: { host: "127.0.0.1", port: 8080 },
    scheme: "http",
    authority: "127.0.0.1:8080",
  });
  assert.deepEqual(parseServerAddress("https://example.org"), {
    address: { host: "example.org", port: 443 },
    scheme: "https",
    authority: "example.org",
  });
  assert.deepEqual(parseServerAddress("http://localhost/").address, { host: "localhost", port: 80 });
  assert.deepEqual(parseServerAddress("http://[::1]:50051"), {
    address: { host: "::1", port: 50051 },
    scheme: "http",
    authority: "[::1]:50051",
  });
  for (const text of ["unix:/run/app.sock", "unix:///run/app.sock"]) {
    assert.deepEqual(parseServerAddress(text), { address: { path: "/run/app.sock" }, scheme: "http", authority: "localhost" });
  }
});

test("anything else is a UsageError that shows it", () => {
  const bad = [
    "",
    "localhost:8080",
    "127.0.0.1:8080",
    "ftp://x",
    "unix:",
    "http://u:p@x:1",
    "http://x/path",
    "http://x?q",
    "http://x:99999",
    "http://",
  ];
  for (const text of bad) {
    assert.throws(
      () => parseServerAddress(text),
      (error) => error instanceof UsageError && error.message.includes("address"),
      text,
    );
  }
  assert.throws(() => parseServerAddress(undefined as unknown as string), UsageError);
});

test("addresses as people read them", () => {
  assert.equal(addressText({ host: "::1", port: 1 }), "[::1]:1");
  assert.equal(addressText({ host: "a.b", port: 1 }), "a.b:1");
  assert.equal(addressText({ path: "/x" }), "unix:/x");
});
