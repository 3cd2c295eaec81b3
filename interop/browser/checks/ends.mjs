// How calls end, and when the handler hears of it.
import { equal, until } from "../../checks.mjs";
import { Finding } from "../../report.mjs";
import { startRelay } from "../relay.mjs";
import { handlers } from "../servers.mjs";
import { failedWith, openTab, within } from "../tab.mjs";
import { ALL } from "../ways.mjs";

/** The handler of a stream that is left has to hear of it in this time. Page and server have the same clock. */
const HEARD_MS = 100;
const DEADLINE_MS = 150;
/** What a request may take to reach its handler. */
const TRAVEL_MS = 100;

export async function checkEnds({ ask, check }) {
  for (const how of ["break", "abort", "cancel"]) {
    await check(`${how}: the handler ends within ${HEARD_MS} ms`, async () => {
      handlers.forget();
      const { code, initiator, leftAt, left } = await ask("leave", how);
      equal([code, initiator, left], ["cancelled", "application", 0]);
      return handlerEnded("cancelled", leftAt);
    });
  }
  await check(`abort of a unary call: the handler ends within ${HEARD_MS} ms`, async () => {
    handlers.forget();
    await ask("beginUnary");
    await until(() => handlers.running === 1);
    const { code, leftAt } = await ask("abortUnary");
    equal(code, "cancelled");
    return handlerEnded("cancelled", leftAt);
  });
  await check("close() of a stream that never ends is bounded, and ends the handler", async () => {
    handlers.forget();
    const { code, leftAt, endedAt, left } = await ask("leave", "close");
    equal([code, left], ["cancelled", 0]);
    const ms = endedAt - leftAt;
    if (ms < 290 || ms > 1_000) throw new Finding(`it took ${ms} ms, 300 were asked for`);
    await handlerEnded("cancelled", endedAt);
    return `closed after ${ms} ms`;
  });
  await check("the deadline of a unary call: the server is told it, and the handler ends", () =>
    theDeadline(async () => failedWith(await ask("unaryDeadline", DEADLINE_MS), "deadline_exceeded", /deadline/)),
  );
  await check("the deadline of a stream: the server is told it, and the handler ends", () =>
    theDeadline(async () => equal(await ask("streamDeadline", DEADLINE_MS), { ids: [0], code: "deadline_exceeded" })),
  );
  await check("the idle time-out, and the handler ends", async () => {
    handlers.forget();
    const { ids, error } = await ask("idle");
    equal(ids, [0]);
    failedWith(error, "deadline_exceeded", /idleTimeoutMs/);
    return handlerEnded("cancelled", Date.now());
  });
}

/** One handler has ended, none runs, and it was soon. */
export async function handlerEnded(code, leftAt) {
  await until(() => handlers.ends.length > 0);
  equal([handlers.ends.length, handlers.running, handlers.ends[0].code], [1, 0, code]);
  return within(HEARD_MS, "the handler ended", handlers.ends[0].at - leftAt);
}

async function theDeadline(meet) {
  handlers.forget();
  const began = Date.now();
  await meet();
  await until(() => handlers.ends.length > 0);
  const [{ code, at, remainingMs }] = handlers.ends;
  // whichever of the two clocks is first: its own, or the client's, whose reset it takes for a cancel when its own has time left
  if (code !== "deadline_exceeded" && code !== "cancelled") throw new Finding(`the handler ended with ${code}`);
  // deadlines are whole milliseconds, rounded up
  if (remainingMs > DEADLINE_MS + 1 || remainingMs < DEADLINE_MS - TRAVEL_MS) throw new Finding(`the handler was given ${remainingMs} ms`);
  within(DEADLINE_MS + TRAVEL_MS + HEARD_MS, "the handler ended", at - began);
  return `it was given ${remainingMs.toFixed(0)} ms and heard ${code}`;
}

const WAYS_TO_GO = {
  "is closed": (tab) => tab.page.close(),
  "goes elsewhere": (tab) => tab.page.goto("about:blank"),
  "is reloaded": (tab) => tab.page.reload(),
};

/** What becomes of a stream when its page goes. `begin`: what of the page's checks begins such a `what`, with calls made in this `way`. */
export async function checkPagesGone(browser, report, title, url, what, begin, way) {
  for (const [how, go] of Object.entries(WAYS_TO_GO)) {
    await report.check(`${title}: a page that ${how} in the middle of ${what} ends its handler`, async () => {
      const tab = await openTab(browser, report, url);
      try {
        handlers.forget();
        await tab.ask(begin, { base: url, ...way });
        await until(() => handlers.running === 1);
        const goneAt = Date.now();
        await go(tab);
        await until(() => handlers.ends.length > 0);
        equal([handlers.ends.length, handlers.ends[0].code], [1, "cancelled"]);
        return `the handler ended after ${handlers.ends[0].at - goneAt} ms`;
      } finally {
        await tab.close();
      }
    });
  }
}

/** What becomes of a stream when its server goes. */
export async function checkServerGone(browser, report, title, url) {
  const relay = await startRelay(url);
  const tab = await openTab(browser, report, relay.url);
  try {
    for (const [name, way] of Object.entries(ALL)) {
      const at = { base: relay.url, ...way };
      await report.check(`${title}, ${name}: a server that dies mid-stream is unavailable, what has come can be read`, async () => {
        handlers.forget();
        equal(await tab.ask("hold", at, 4), 0);
        relay.cut();
        const { ids, error } = await tab.ask("heldAfterwards");
        equal([ids, error.initiator], [[1, 2, 3], "network"]);
        failedWith(error, "unavailable", new RegExp(`the request to ${relay.url}/bench.v1.Bench/Server failed: `));
        // whose answer has come is allowed to call
        if (error.message.includes("CORS")) throw new Finding(error.message);
        await until(() => handlers.ends.length === 1);
        equal((await tab.ask("unary", at)).id, 7);
      });
    }
  } finally {
    await tab.close();
    relay.close();
  }
}

/** Over HTTP/1.1 a browser has six connections to a host. */
export async function checkConnections({ ask, check }) {
  await check("a call above the browser's six connections waits, within its deadline", async () => {
    handlers.forget();
    equal(await ask("oneTooMany", 6), { waited: "deadline_exceeded", id: 1 });
    await until(() => handlers.ends.length === 6);
  });
}
