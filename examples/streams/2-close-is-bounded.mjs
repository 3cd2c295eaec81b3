// close() on streams whose servers are slow, endless or never answer.
//   connect-go #789: ServerStreamForClient.Close hung for 42 minutes, reading what still came. It no longer reads on; but opening such a
//   stream, and CloseResponse of a bidi one, still wait for headers without a bound.
// Here close() drops what still comes, up to 1 MiB and 30 s (here: 200 ms), then cancels. It resolves to the outcome, always.
import { setTimeout as sleep } from "node:timers/promises";
import { ms, Notes, situation } from "./situation.mjs";

const CLOSE_MS = 200;
const handlerEnded = new Notes();

const implementation = {
  async *watch({ room }, context) {
    try {
      if (room === "silent") await sleep(60_000, undefined, { signal: context.signal });
      const body = new Uint8Array(room === "endless" ? 16 * 1024 : 0);
      for (let number = 1; room !== "ending" || number <= 10; number++) {
        yield { text: room, number, body };
        if (room !== "endless") await sleep(10, undefined, { signal: context.signal });
      }
    } finally {
      handlerEnded.add(context.signal.aborted ? context.signal.reason.code : "ok");
    }
  },
};

// headers with the first message: the silent one sends nothing at all
const service = { earlyHeaders: false };

const cases = [
  ["slow", "an event every 10 ms, without end", "cancelled", CLOSE_MS],
  ["endless", "as fast as it goes, without end", "cancelled", 0],
  ["silent", "no headers, ever", "cancelled", CLOSE_MS],
  ["ending", "ten events, then its own end", "ok", 0],
];

await situation(
  "2. close() is bounded",
  implementation,
  async ({ chat, client, server }) => {
    for (const [room, about, code, atLeast] of cases) {
      const stream = chat.watch({ room }, { closeTimeoutMs: CLOSE_MS });
      if (room !== "silent") await stream.receive();
      const waiting = room === "endless" ? undefined : stream.receive();
      const began = performance.now();
      const outcome = await stream.close();
      const took = performance.now() - began;
      client(`${about}: close() resolved after ${ms(took)}: ${outcome.code}`, outcome.code === code && took >= atLeast - 2 && took < 1_000);
      if (room === "silent") client("a receive() that waited was given the end", (await waiting) === undefined);
      const ended = await handlerEnded.next();
      server(`its handler ended: ${ended}`, ended === code);
    }
    const stream = chat.watch({ room: "silent" });
    stream.cancel("not needed any more");
    const { code, message } = await stream.outcome;
    client(`cancel() is at once, whatever the server does: ${code}, "${message}"`, code === "cancelled");
  },
  { service },
);
