// GET: what the browser's cache answers, and what it asks the server again.
import { equal } from "../../checks.mjs";
import { handlers } from "../servers.mjs";

let key = 0;

/** Answers to two calls of a method that is safe, and what reached its handler. */
async function twice(ask, cacheControl) {
  handlers.forget();
  key++;
  const answers = [await ask("cacheable", key, cacheControl), await ask("cacheable", key, cacheControl)];
  return { answers, asked: handlers.asked };
}

const FIRST = { by: "GET" };
const AGAIN = { by: "GET", known: '"same"' };

/** `get`: calls by GET; `noStore`: the same, past the cache; `post`: by POST. */
export async function checkCaches(get, noStore, post) {
  await get.check("the browser's cache answers what may be kept: the handler is asked once", async () =>
    equal(await twice(get.ask, "max-age=60"), { answers: ["run 1", "run 1"], asked: [FIRST] }),
  );
  await get.check("what must be asked again is not sent again when it is the same (304)", async () =>
    equal(await twice(get.ask, "no-cache"), { answers: ["run 1", "run 1"], asked: [FIRST, AGAIN] }),
  );
  await get.check("what must not be kept is asked for anew", async () =>
    equal(await twice(get.ask, "no-store"), { answers: ["run 1", "run 2"], asked: [FIRST, FIRST] }),
  );
  await noStore.check("connect({ cache }) goes past it", async () =>
    equal(await twice(noStore.ask, "max-age=60"), { answers: ["run 1", "run 2"], asked: [FIRST, FIRST] }),
  );
  await post.check("what is asked by POST is not kept", async () =>
    equal(await twice(post.ask, "max-age=60"), { answers: ["run 1", "run 2"], asked: [{ by: "POST" }, { by: "POST" }] }),
  );
  await get.check("methods that are not marked go by POST", async () => equal(await get.ask("get"), 1));
}
