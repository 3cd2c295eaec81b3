// Calls to another origin (CORS): what the browser asks first, and what it lets through.
import { equal } from "../../checks.mjs";
import { handlers } from "../servers.mjs";
import { failedWith, openTab } from "../tab.mjs";
import { BINARY, CONNECTS } from "../ways.mjs";
import { checkCalls } from "./calls.mjs";
import { checkRequestStreams } from "./request-streams.mjs";

const HEADERS = {
  connect: "connect-protocol-version,content-type,x-ask",
  "grpc-web": "content-type,x-grpc-web,x-user-agent,x-ask",
  "sluice/page": "connect-protocol-version,content-type,x-ask",
};

/** What each client of Connect makes of a request that failed: a browser says no more. */
const GUESSES = {
  connect: /it does not allow pages of .* to call it \(CORS\)/,
  "sluice/page": /: CORS\?$/,
};

export async function checkOrigins(browser, report, title, page, allowing, streams) {
  for (const [name, way] of Object.entries(BINARY)) {
    const tab = await openTab(browser, report, page.url);
    const preflights = await tab.watchPreflights();
    const { ask, check } = tab.calls(`${title}, ${name}`, { base: allowing.url, ...way });
    await check("one preflight asks for POST and the headers of the call, and its answer is kept for two hours", async () => {
      for (let i = 0; i < 2; i++) equal(await ask("unary"), { id: 7, name: "é", head: "1", trailers: "2", left: 0 });
      const seen = await preflights();
      equal(seen.length, 1);
      const [{ request, response }] = seen;
      equal([request.origin, request["access-control-request-method"]], [page.url, "POST"]);
      const asked = request["access-control-request-headers"];
      equal(asked.split(",").sort(), HEADERS[name].split(",").sort());
      const says = (name) => response[`access-control-${name}`];
      equal([says("allow-origin"), says("allow-headers"), says("max-age")], [page.url, asked, "7200"]);
    });
    await checkCalls({ ask, check }, streams);
    if (page.url.startsWith("https:") && way.protocol) await checkRequestStreams({ ask, check });
    await tab.close();
  }
  const tab = await openTab(browser, report, page.url);
  const preflights = await tab.watchPreflights();
  const { ask, check } = tab.calls(`${title}, GET`, { base: allowing.url, httpGet: true });
  await check("needs no preflight, nor when it is asked again (304)", async () => {
    handlers.forget();
    const answers = [await ask("cacheable", 1, "no-cache"), await ask("cacheable", 1, "no-cache")];
    equal([answers, handlers.asked[1].known, (await preflights()).length], [["run 1", "run 1"], '"same"', 0]);
  });
  await check("with a deadline needs one", async () => {
    equal(await ask("cacheable", 2, "no-cache", { timeoutMs: 5_000 }), "run 3");
    equal(
      (await preflights()).map(({ request }) => request["access-control-request-headers"]),
      ["connect-timeout-ms"],
    );
  });
  await tab.close();
}

export async function checkForbidden(tab, { forbidding }) {
  for (const [name, way] of Object.entries(CONNECTS)) {
    const { ask, check } = tab.calls(`another origin, which does not allow it, ${name}`, { base: forbidding.url, ...way });
    await check("a clear error", async () => failedWith(await ask("fails"), "unavailable", GUESSES[name]));
  }
}
