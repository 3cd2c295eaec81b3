// Requests as a stream: where the browser has HTTP/2, half-duplex; elsewhere a clear error.
import { equal, until } from "../../checks.mjs";
import { Finding } from "../../report.mjs";
import { handlers } from "../servers.mjs";
import { failedWith, openTab } from "../tab.mjs";
import { handlerEnded } from "./ends.mjs";

export async function checkRequestStreams({ ask, check }) {
  await check("an upload", async () => equal((await ask("upload")).sum, 6));
  await check("a bidi call with an iterable", async () => equal(await ask("talk"), { ids: [1, 2] }));
  await check("a bidi call by hand: after closeSend(); before it a clear error", async () => {
    const { after, before } = await ask("talkByHand");
    equal(after, { ids: [1, 2] });
    failedWith(before, "unimplemented", /closeSend\(\)/);
  });
  for (const [what, begin] of [
    ["an upload", "beginUpload"],
    ["an upload that its handler does not take", "beginStuckUpload"],
  ]) {
    await check(`${what}, cancelled: the handler ends within 100 ms, and not as if it were whole`, async () => {
      handlers.forget();
      await ask(begin);
      await until(() => handlers.running === 1);
      const { code, leftAt } = await ask("cancelUpload");
      equal(code, "cancelled");
      return handlerEnded("cancelled", leftAt);
    });
  }
}

/** At once: in the clear a browser has no HTTP/2, which need not be tried. */
export async function checkNoRequestStreams({ ask, check }) {
  const says = /a browser sends a stream of requests over HTTP\/2 alone, and so over HTTPS alone: call the server by https:\/\//;
  await check("an upload ends at once, with what to do", async () => {
    const { error, ms } = await ask("upload");
    failedWith(error, "unimplemented", says);
    if (ms > 50) throw new Finding(`it took ${ms} ms`);
  });
  await check("a bidi call ends at once, with what to do", async () => failedWith((await ask("talk")).error, "unimplemented", says));
}

/** With TLS the browser finds out, and tells the page nothing; but of its own origin a page knows which HTTP it speaks. */
export async function checkOldServer(browser, report, { old, secure }) {
  const SPEAKS = "speaks HTTP/1.1, and a browser sends a stream of requests over HTTP/2 alone$";
  for (const [title, page, says] of [
    ["TLS, HTTP/1.1", old, `failed: .*; ${old.url} ${SPEAKS}`],
    ["TLS, HTTP/1.1, another origin", secure, `failed: .*; perhaps the server cannot be reached, or .*\\(CORS\\), or it ${SPEAKS}`],
  ]) {
    const tab = await openTab(browser, report, page.url);
    const { ask, check } = tab.calls(title, { base: old.url });
    await check("a stream", async () => equal((await ask("streams", 1, 100)).lengths, [100]));
    await check("an upload fails, and says that it needs HTTP/2", async () =>
      failedWith((await ask("upload")).error, "unavailable", new RegExp(says)),
    );
    await tab.close();
  }
}
