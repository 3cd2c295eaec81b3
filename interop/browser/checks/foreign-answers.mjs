// Answers of somebody else, and none: each a code and a sentence that shows what it was.
import { equal } from "../../checks.mjs";
import { deserted } from "../servers.mjs";
import { failedWith } from "../tab.mjs";
import { BINARY } from "../ways.mjs";

export async function checkForeignAnswers(tab, { clear, nobody }) {
  const failing = async (title, base, code, says) => {
    for (const [name, way] of Object.entries(BINARY)) {
      const { ask, check } = tab.calls(`${title}, ${name}`, { base, ...way });
      await check("a clear error", async () => failedWith(await ask("fails"), code, says));
    }
  };
  const empty = await deserted();
  await failing(
    "a server that is not there",
    empty,
    "unavailable",
    new RegExp(`the request to ${empty}/.* failed: .*(cannot be reached|: CORS\\?$)`),
  );
  await failing("a proxy's page", `${nobody.url}/proxy`, "unavailable", /HTTP status 502 with content-type "text\/html".*Bad Gateway/);
  await failing("a web site's page", `${nobody.url}/site`, "unknown", /HTTP status 200 with content-type "text\/html".*Log in/);
  await failing(
    "a redirect",
    `${nobody.url}/moved`,
    "unknown",
    /HTTP status 3xx (without content-type \(a redirect, which is not followed\)|\(a redirect\) with content-type "")$/,
  );
  await failing("a wrong path", `${clear.url}/wrong`, "unimplemented", /HTTP status 404.*There is no such page|has no service wrong/);
  await tab.calls("a redirect").check("is not followed", async () => {
    equal(nobody.requests.filter((url) => url.startsWith("/moved")).length, Object.keys(BINARY).length);
    equal(nobody.requests.includes("/elsewhere"), false);
  });
}
