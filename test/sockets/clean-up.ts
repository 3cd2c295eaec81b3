import type { TestContext } from "node:test";
import { expectNoLeaks, openHandles } from "../../src/testing/leak-check.js";

const registered = new WeakMap<TestContext, (() => unknown)[]>();

/** For a test that opens sockets: what it registers runs at its end, last first, and then no handle may be left. */
export function cleanUp(t: TestContext): (task: () => unknown) => void {
  let tasks = registered.get(t);
  if (tasks === undefined) {
    const before = openHandles();
    tasks = [];
    registered.set(t, tasks);
    const all = tasks;
    t.after(async () => {
      for (const task of all.reverse()) await task();
      await expectNoLeaks(before);
    });
  }
  const all = tasks;
  return (task) => all.push(task);
}
