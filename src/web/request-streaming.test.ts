import assert from "node:assert/strict";
import { test } from "node:test";
import { streamsRequests } from "./request-streaming.js";

test("Node's fetch streams requests", () => {
  assert.equal(streamsRequests(), true);
});

for (const [how, request, expected] of [
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
  test(`a platform whose Request ${how} ${expected ? "streams" : "does not stream"} requests`, async (t) => {
    const own = Object.getOwnPropertyDescriptor(globalThis, "Request") as PropertyDescriptor;
    t.after(() => Object.defineProperty(globalThis, "Request", own));
    const value = function (this: unknown, _url: string, init: { duplex: string }) {
      return request(init);
    };
    Object.defineProperty(globalThis, "Request", { configurable: true, value });
    // found out once for each copy of the module
    const { streamsRequests: anew } = (await import(`./request-streaming.js?${how}`)) as typeof import("./request-streaming.js");
    assert.equal(anew(), expected);
  });
}
