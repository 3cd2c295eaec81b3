import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBaseUrl } from "./base-url.js";

test("a base URL is taken apart: its path without a slash at the end, the port where it is not the scheme's", () => {
  for (const [text, base, scheme, authority] of [
    ["https://example.org", "https://example.org", "https", "example.org"],
    ["https://example.org:443/", "https://example.org", "https", "example.org"],
    ["http://[::1]:8080/api//", "http://[::1]:8080/api", "http", "[::1]:8080"],
    ["https://example.org/a/b", "https://example.org/a/b", "https", "example.org"],
  ] as const) {
    assert.deepEqual(parseBaseUrl(text), { base, scheme, authority });
  }
});

test("a page may name its own server by a path", (t) => {
  Object.assign(globalThis, { location: { href: "https://page.example.org/shop/cart?x=1#y", origin: "https://page.example.org" } });
  t.after(() => Reflect.deleteProperty(globalThis, "location"));
  assert.equal(parseBaseUrl("/api").base, "https://page.example.org/api");
  assert.equal(parseBaseUrl("https://other.example.org").base, "https://other.example.org");
});
