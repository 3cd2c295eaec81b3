import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate } from "node:timers";
import type { RpcError } from "../rpc/rpc-error.js";
import { type Group, withGroup } from "./group.js";

/* The rules of a group by itself. With calls in it: test/contract/groups.test.ts. */

test("a group resolves to what its body returns, once every task has come to rest", async () => {
  const order: string[] = [];
  const hold = gate();
  const result = withGroup(undefined, async (group) => {
    void group.run(async () => {
      await hold.promise;
      order.push("task");
    });
    order.push("body");
    return 1;
  });
  void result.then(() => order.push("group"));
  await turn();
  assert.deepEqual(order, ["body"]);
  hold.open();
  assert.equal(await result, 1);
  await turn();
  assert.deepEqual(order, ["body", "task", "group"]);
});

test("the first failure aborts the signal with itself, and is thrown as it is when all have come to rest", async () => {
  const mine = new Error("mine");
  const order: string[] = [];
  const fail = gate();
  const late = gate();
  const result = withGroup(undefined, async (group) => {
    void group.run(async () => {
      await fail.promise;
      throw mine;
    });
    void group.run(async (signal) => {
      assert.equal(await aborted(signal), mine);
      order.push("heard");
      await late.promise;
      order.push("rested");
      throw new Error("later, and nobody's business");
    });
    await aborted(group.signal);
    order.push("body");
  });
  result.catch(() => order.push("group"));
  await turn();
  fail.open();
  await turn();
  assert.deepEqual(order, ["heard", "body"]);
  late.open();
  await assert.rejects(result, (error) => error === mine);
  await turn();
  assert.deepEqual(order, ["heard", "body", "rested", "group"]);
});

test("a body that throws, in whatever way, is a failure like any other", async () => {
  const mine = new Error("mine");
  let reason: unknown;
  const asynchronous = withGroup(undefined, async (group) => {
    void group.run(async (signal) => {
      reason = await aborted(signal);
    });
    throw mine;
  });
  await assert.rejects(asynchronous, (error) => error === mine);
  assert.equal(reason, mine);
  const thrown = () => {
    throw mine;
  };
  await assert.rejects(withGroup(undefined, thrown), (error) => error === mine);
  await assert.rejects(
    withGroup(undefined, (group) => {
      void group.run(thrown);
    }),
    (error) => error === mine,
  );
  const nothing = withGroup(undefined, () => {
    throw undefined;
  });
  assert.deepEqual(await nothing.then(nameOf("resolved"), nameOf("rejected")), ["rejected", undefined]);
});

test("a task's own promise gives its result or its error, and need not be awaited", async () => {
  const mine = new Error("mine");
  const other = new Error("other");
  let second: Promise<never> | undefined;
  const result = withGroup(undefined, async (group) => {
    assert.equal(await group.run(() => 1), 1);
    assert.equal(await group.run(async () => 2), 2);
    void group.run(async () => {
      throw mine;
    });
    second = group.run(async () => {
      throw other;
    });
  });
  await assert.rejects(result, (error) => error === mine);
  await assert.rejects(second as Promise<never>, (error) => error === other);
});

test("a task of a group that was cut short is not started", async () => {
  const mine = new Error("mine");
  let started = false;
  const result = withGroup(undefined, async (group) => {
    void group.run(() => Promise.reject(mine));
    await aborted(group.signal);
    await assert.rejects(
      group.run(() => {
        started = true;
      }),
      (error) => error === mine,
    );
  });
  await assert.rejects(result, (error) => error === mine);
  assert.equal(started, false);
});

test("the outer signal cuts the group short with its reason; once aborted it begins nothing", async () => {
  const reason = new Error("outer");
  const outer = new AbortController();
  const result = withGroup(outer.signal, async (group) => {
    assert.equal(await aborted(group.signal), reason);
    return "done all the same";
  });
  await turn();
  outer.abort(reason);
  await assert.rejects(result, (error) => error === reason);
  let began = false;
  const never = withGroup(outer.signal, () => {
    began = true;
  });
  await assert.rejects(never, (error) => error === reason);
  assert.equal(began, false);
});

test("a group leaves no listener on the outer signal, however it ends", async () => {
  const outer = new AbortController();
  const count = () => getEventListeners(outer.signal, "abort").length;
  await withGroup(outer.signal, () => assert.equal(count(), 1));
  assert.equal(count(), 0);
  await withGroup(outer.signal, () => Promise.reject(new Error("mine"))).catch(() => {});
  assert.equal(count(), 0);
  await withGroup(outer.signal, (group) => group.stop());
  assert.equal(count(), 0);
  const result = withGroup(outer.signal, (group) => aborted(group.signal));
  outer.abort();
  await result.catch(() => {});
  assert.equal(count(), 0);
});

test("stop() ends the tasks without harm, and the group well; the first word counts", async () => {
  let reason: RpcError | undefined;
  const outer = new AbortController();
  const stopped = withGroup(outer.signal, async (group) => {
    void group.run(async (signal) => {
      reason = (await aborted(signal)) as RpcError;
      throw reason;
    });
    group.stop();
    outer.abort();
    return 1;
  });
  assert.equal(await stopped, 1);
  assert.equal(reason?.code, "cancelled");
  assert.match(reason.message, /stopped/);
  const mine = new Error("mine");
  const tooLate = withGroup(undefined, async (group) => {
    void group.run(() => Promise.reject(mine));
    await aborted(group.signal);
    group.stop();
  });
  await assert.rejects(tooLate, (error) => error === mine);
  const body = withGroup(undefined, (group) => {
    group.stop();
    throw mine;
  });
  await assert.rejects(body, (error) => error === mine, "a body without a result has no other end");
});

test("the signal aborts after a good end, so that nothing that was given it goes on", async () => {
  let signal: AbortSignal | undefined;
  await withGroup(undefined, (group) => {
    signal = group.signal;
  });
  assert.equal(signal?.aborted, true);
  assert.match((signal.reason as RpcError).message, /the group has ended/);
});

test("a signal that is asked for late has aborted already; one that nobody asks for is not made", async (t) => {
  await withGroup(undefined, (group) => {
    group.stop();
    assert.match((group.signal.reason as RpcError).message, /stopped/);
  });
  const made = t.mock.method(globalThis, "AbortController");
  await withGroup(undefined, (group) => group.own({ cancel: () => {}, outcome: Promise.resolve() }));
  assert.equal(made.mock.callCount(), 0);
  await withGroup(undefined, (group) => group.run(() => {}));
  assert.equal(made.mock.callCount(), 1);
});

test("an owned call of somebody's own that cannot be cancelled, or whose outcome rejects, does not hold the group", async () => {
  const mine = new Error("mine");
  let cancelled = 0;
  const broken = (): never => {
    throw new Error("cancel() throws");
  };
  const result = withGroup(undefined, (group) => {
    group.own({ cancel: broken, outcome: Promise.reject(new Error("no outcome")) });
    group.own({ cancel: () => void cancelled++, outcome: turn() });
    throw mine;
  });
  await assert.rejects(result, (error) => error === mine);
  assert.equal(cancelled, 1);
});

test("a group waits for the outcomes of its calls, also of one that it was given too late to run", async () => {
  const order: string[] = [];
  const hold = gate();
  const call = {
    cancel: (reason: unknown) => void order.push(`cancelled: ${(reason as Error).message}`),
    outcome: hold.promise.then(() => order.push("outcome")),
  };
  const result = withGroup(undefined, (group) => {
    group.stop();
    group.own(call);
  });
  void result.then(() => order.push("group"));
  await turn();
  assert.deepEqual(order, ["cancelled: the group was stopped"]);
  hold.open();
  await result;
  await turn();
  assert.deepEqual(order, ["cancelled: the group was stopped", "outcome", "group"]);
});

test("a group that nobody awaits may fail", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  void withGroup(undefined, () => Promise.reject(new Error("mine")));
  void withGroup(AbortSignal.abort(), () => {});
  for (let i = 0; i < 3; i++) await turn();
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("a group in a group is cut short with the outer one's error, and its own error reaches the outer one", async () => {
  const mine = new Error("mine");
  const reasons: unknown[] = [];
  const inward = withGroup(undefined, async (outer) => {
    void outer.run((signal) => withGroup(signal, async (inner) => reasons.push(await aborted(inner.signal))));
    throw mine;
  });
  await assert.rejects(inward, (error) => error === mine);
  const outward = withGroup(undefined, async (outer) => {
    void outer.run((signal) =>
      withGroup(signal, (inner) => {
        void inner.run(() => Promise.reject(mine));
      }),
    );
    reasons.push(await aborted(outer.signal));
  });
  await assert.rejects(outward, (error) => error === mine);
  assert.deepEqual(reasons, [mine, mine]);
});

test("whoever waited for the last task may start another", async () => {
  const order: string[] = [];
  await withGroup(undefined, (group) => {
    void group.run(turn).then(() =>
      group.run(async () => {
        await turn();
        order.push("second");
      }),
    );
    void group.run(() => order.push("first"));
  });
  assert.deepEqual(order, ["first", "second"]);
});

test("run() and own() of a group that has ended are mistakes; own() cancels the call first", async () => {
  let group: Group | undefined;
  await withGroup(undefined, (made) => {
    group = made;
  });
  const ended = { name: "UsageError", message: /group that has ended/ };
  assert.throws(() => group?.run(() => 1), ended);
  const cancelled: unknown[] = [];
  const call = { cancel: (reason: unknown) => void cancelled.push(reason), outcome: Promise.resolve() };
  assert.throws(() => group?.own(call), ended);
  assert.equal(cancelled.length, 1);
});

test("a long group forgets the calls that have ended", { skip: globalThis.gc === undefined && "needs --expose-gc" }, async () => {
  await withGroup(undefined, async (group) => {
    const ended = new WeakRef(group.own({ cancel: () => {}, outcome: Promise.resolve() }));
    for (let i = 0; i < 10 && ended.deref() !== undefined; i++) {
      await turn();
      globalThis.gc?.();
    }
    assert.equal(ended.deref(), undefined);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function gate(): { readonly promise: Promise<void>; open(): void } {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });
}

function nameOf(name: string): (value: unknown) => [string, unknown] {
  return (value) => [name, value];
}

test("a call that has ended is cancelled no more, when the group is cut short later or ends", async () => {
  let cancelled = 0;
  const hold = gate();
  await withGroup(undefined, async (group) => {
    group.own({ cancel: () => void cancelled++, outcome: Promise.resolve() });
    group.own({ cancel: () => hold.open(), outcome: hold.promise });
    await turn();
    group.stop();
  });
  assert.equal(cancelled, 0);
});
