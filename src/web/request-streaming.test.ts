import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { whyNoRequestStreams } from "./request-streaming.js";

/** Has this name among the platform's own, until the test is over. */
function provide(t: TestContext, name: string, value: unknown): void {
  const own = Object.getOwnPropertyDescriptor(globalThis, name);
  t.after(() => (own === undefined ? Reflect.deleteProperty(globalThis, name) : Object.defineProperty(globalThis, name, own)));
  Object.defineProperty(globalThis, name, { configurable: true, value });
}

test("Node's fetch streams requests, over HTTP/1.1 too", () => {
  assert.equal(whyNoRequestStreams("http"), undefined);
  assert.equal(whyNoRequestStreams("https"), undefined);
});

for (const secure of [true, false]) {
  test(`a browser, in ${secure ? "a secure context" : "no secure context"}, streams requests over HTTPS alone, and says so`, (t) => {
    provide(t, "isSecureContext", secure);
    assert.equal(whyNoRequestStreams("https"), undefined);
    assert.match(whyNoRequestStreams("http") ?? "", /HTTP\/2 alone, .*: call the server by https:\/\//);
  });
}

for (const [how, request, streams] of [
  ["asks for duplex", (init: { duplex: string }) => ({ headers: new Headers(), duplex: init.duplex }), true],
  ["makes text of a stream", () => ({ headers: new Headers({ "content-type": "text/plain" }) }), false],
  ["takes a stream and never sends it as one", () => ({ headers: new Headers() }), false],
  [
    "throws",
    () => {
      throw new TypeError("no stream");
    },
    false,
  ],
] as const) {
  test(`a platform whose Request ${how} ${streams ? "streams" : "does not stream"} requests`, async (t) => {
    provide(t, "Request", function (this: unknown, _url: string, init: { duplex: string }) {
      return request(init);
    });
    // found out once for each copy of the module
    const anew = (await import(`./request-streaming.js?${how}`)) as typeof import("./request-streaming.js");
    for (const scheme of ["http", "https"] as const) {
      if (streams) assert.equal(anew.whyNoRequestStreams(scheme), undefined);
      else assert.match(anew.whyNoRequestStreams(scheme) ?? "", /this platform cannot send a stream of requests: use /);
    }
  });
}
