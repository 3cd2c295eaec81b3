import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
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

/** A page of an origin, with what it has been told of its requests. */
function inPage(t: TestContext, origin: string, timings: readonly { name: string; nextHopProtocol?: string }[] = []): void {
  Object.assign(globalThis, { location: { href: `${origin}/`, origin } });
  t.after(() => Reflect.deleteProperty(globalThis, "location"));
  t.mock.method(performance, "getEntriesByType", (type: string) => (type === "resource" ? timings : []));
}

const FAILED = new TypeError("Failed to fetch");

test("in a page it says what it may have been: CORS for another origin, HTTP/1.1 for a streamed request", (t) => {
  inPage(t, "https://page.example.org");
  assert.match(
    whyUnreachable(URL_OF_CALL, FAILED, false),
    /cannot be reached, or it does not allow pages of https:\/\/page\.example\.org .*CORS\)$/,
  );
  assert.match(whyUnreachable(URL_OF_CALL, FAILED, true), /CORS\), or it speaks HTTP\/1\.1, .* HTTP\/2 alone$/);
  assert.doesNotMatch(whyUnreachable("https://page.example.org/a.B/C", FAILED, false), /CORS/);
});

test("a page that was told which HTTP the server speaks says so of a streamed request, and of no other", (t) => {
  inPage(t, "https://api.example.org", [
    { name: `${URL_OF_CALL}?1`, nextHopProtocol: "h2" },
    { name: URL_OF_CALL, nextHopProtocol: "http/1.1" },
    { name: URL_OF_CALL, nextHopProtocol: "" },
    { name: "https://other.example.org/", nextHopProtocol: "h2" },
  ]);
  assert.match(whyUnreachable(URL_OF_CALL, FAILED, true), /to fetch; https:\/\/api\.example\.org speaks HTTP\/1\.1, and .* HTTP\/2 alone$/);
  assert.match(whyUnreachable(URL_OF_CALL, FAILED, false), /to fetch; perhaps the server cannot be reached$/);
});

test("a server that has answered by HTTP/2 did not fail for want of it", (t) => {
  inPage(t, "https://api.example.org", [{ name: URL_OF_CALL, nextHopProtocol: "h2" }]);
  assert.match(whyUnreachable(URL_OF_CALL, FAILED, true), /perhaps the server cannot be reached$/);
});
