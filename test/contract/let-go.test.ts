import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Outcome } from "sluice";
import { collectUntil } from "./collect.js";
import { parked } from "./parked.js";
import { bytes, guarantee, turn } from "./world.js";

/* What a call lets go of at its end, and what it says of a handle that was let go of. */

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Memory outside of the heap, where messages are. */
async function buffers(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await turn();
    gc();
  }
  return process.memoryUsage().arrayBuffers;
}

guarantee("C2: a call that has ended holds its handle's requests no more, though the handle is kept", { impl: parked }, async (world) => {
  world.reachable = "silent";
  const before = await buffers();
  const kept = Array.from({ length: 20 }, () => world.client.client({ waitForReady: true }));
  for (const upload of kept) {
    void upload.send({ body: bytes(300_000) });
    void upload.send({ body: bytes(300_000) });
  }
  assert.ok((await buffers()) - before > 4_000_000, "they wait for a connection");
  for (const upload of kept) upload.cancel();
  assert.ok((await buffers()) - before < 1_000_000);
  assert.equal(kept.length, 20);
});

for (const callSites of ["always", "never"] as const) {
  const where = callSites === "always" ? "where it was opened" : "no place where none was noted";
  guarantee(
    `C3: the outcome of a stream whose handle was collected names ${where}, and its timeline says cancelled`,
    { impl: parked, channel: { callSites } },
    async ({ client, advance }) => {
      let outcome: Outcome | undefined;
      const open = (): void => {
        void client.bidi().outcome.then((value) => {
          outcome = value;
        });
      };
      open();
      await advance(1_000);
      assert.ok(await collectUntil(() => outcome !== undefined));
      const opened =
        callSites === "always" ? /^the handle of the stream, which was opened at .*let-go\.test\.js:\d+:\d+.*, was collected: / : "";
      assert.match(outcome?.message ?? "", opened || /^the handle of the stream was collected: /);
      assert.match(String(outcome?.timeline), /; \+1000 ms cancelled$/);
    },
  );
}
