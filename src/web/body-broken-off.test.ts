import assert from "node:assert/strict";
import { test } from "node:test";
import { BodyBrokenOff, withholdReports } from "./body-broken-off.js";

test("a page is asked once, and of rejections that nobody handles only those of broken bodies are withheld", (t) => {
  const listeners: ((event: { reason: unknown; preventDefault(): void }) => void)[] = [];
  const addEventListener = (type: string, listener: (typeof listeners)[number]) => {
    assert.equal(type, "unhandledrejection");
    listeners.push(listener);
  };
  Object.assign(globalThis, { addEventListener });
  t.after(() => Reflect.deleteProperty(globalThis, "addEventListener"));
  withholdReports();
  withholdReports();
  assert.equal(listeners.length, 1);
  const withheld: unknown[] = [];
  const errors = [new BodyBrokenOff("reset with CANCEL"), new Error("the user's")];
  for (const reason of errors) listeners[0]?.({ reason, preventDefault: () => withheld.push(reason) });
  assert.deepEqual(withheld, [errors[0]]);
});
