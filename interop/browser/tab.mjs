// A page of the suite in Chromium, and what checks ask of it.
import { until } from "../checks.mjs";
import { Finding } from "../report.mjs";

/** Opens the page of a server in a context of its own: caches and connections are shared with no other. */
export async function openTab(browser, report, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.on("pageerror", (error) => report.fail("the page", `an error that nobody handled: ${error}`));
  await page.goto(`${url}/`);
  return new Tab(context, page, report);
}

class Tab {
  #context;
  #report;

  constructor(context, page, report) {
    this.#context = context;
    this.page = page;
    this.#report = report;
  }

  /** Runs a check of the page, which is told where to call and how. */
  ask(check, at, ...args) {
    return this.page.evaluate(([name, ...rest]) => window.check(name, ...rest), [check, at, ...args]);
  }

  /** `ask(check, ...args)` asks the page, `check` and `skip` report; of calls made like this. */
  calls(title, at) {
    return {
      ask: (check, ...args) => this.ask(check, at, ...args),
      check: (what, run) => this.#report.check(`${title}: ${what}`, run),
      skip: (what, why) => this.#report.skip(`${title}: ${what}`, why),
    };
  }

  /** Gives, when it is called, the preflights that the browser has sent meanwhile, with the headers of each and of its answer. */
  async watchPreflights() {
    const session = await this.#context.newCDPSession(this.page);
    const preflights = new Set();
    // headers are told before or after the request that they belong to
    const headers = { request: new Map(), response: new Map() };
    session.on("Network.requestWillBeSent", ({ request, requestId }) => request.method === "OPTIONS" && preflights.add(requestId));
    session.on("Network.requestWillBeSentExtraInfo", (told) => headers.request.set(told.requestId, lowerCase(told.headers)));
    session.on("Network.responseReceivedExtraInfo", (told) => headers.response.set(told.requestId, lowerCase(told.headers)));
    await session.send("Network.enable");
    return async () => {
      await until(() => [...preflights].every((id) => headers.request.has(id) && headers.response.has(id)));
      return Array.from(preflights, (id) => ({ request: headers.request.get(id), response: headers.response.get(id) }));
    };
  }

  close() {
    return this.#context.close();
  }
}

function lowerCase(headers) {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Throws when it took longer; what it took is shown beside the check. */
export function within(limitMs, what, ms) {
  if (ms > limitMs) throw new Finding(`${what} after ${ms} ms, ${limitMs} are allowed`);
  return `${what} after ${ms} ms`;
}

/** Throws when a failure has another code, or says something else. */
export function failedWith(failure, code, says) {
  if (failure === undefined) throw new Finding("the call succeeded");
  if (failure.code !== code || !says.test(failure.message)) throw new Finding(`${failure.code}: ${failure.message}`);
}
