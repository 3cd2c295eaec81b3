import assert from "node:assert/strict";
import { test } from "node:test";
import { whyUnreachable } from "./unreachable.js";

const URL_OF_CALL = "https://api.example.org/a.B/C";

test("outside of a browser the sentence holds the error and its cause", () => {
  const error = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
  assert.equal(
    whyUnreachable(URL_OF_CALL, error, false),
    `the request to ${URL_OF_CALL} failed: fetch failed: connect ECONNREFUSED 127.0.0.1:1`,
  );
  const several = new TypeError("fetch failed", { cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }) });
  assert.match(whyUnreachable(URL_OF_CALL, several, false), /fetch failed: ECONNREFUSED$/);
  assert.match(whyUnreachable(URL_OF_CALL, "gone", true), /failed: gone$/);
});

test("in a page it says what it may have been: CORS for another origin, HTTP/2 for a streamed request", (t) => {
  Object.assign(globalThis, { location: { href: "https://page.example.org/", origin: "https://page.example.org" } });
  t.after(() => Reflect.deleteProperty(globalThis, "location"));
  const error = new TypeError("Failed to fetch");
  assert.match(
    whyUnreachable(URL_OF_CALL, error, false),
    /cannot be reached, or it does not allow pages of https:\/\/page\.example\.org .*CORS\)$/,
  );
  assert.match(whyUnreachable(URL_OF_CALL, error, true), /CORS\), or the connection is not HTTP\/2/);
  assert.doesNotMatch(whyUnreachable("https://page.example.org/a.B/C", error, false), /CORS/);
});
