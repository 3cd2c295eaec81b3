// Send, receive once, half-close, and walk away: nobody reads to the end.
//   grpc-go #7656, #1818, #2015: a goroutine, a context and the balancer's Done stay until somebody reads to io.EOF, cancels, or closes the
//   connection. Measured with grpc-go 1.85: Done ran for 0 of 1,000 such streams, each held a goroutine.
// Here what a call holds is released when its transport ends, read or unread; the picker's `done` says so for each attempt.
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { pickFirst } from "sluice";
import { Notes, situation, untilAborted } from "./situation.mjs";

const STREAMS = 1_000;
const handlers = { ended: 0 };
const all = new Notes();

const implementation = {
  /** Answers, and after the half-close has more to say than anybody reads; or stays, without a word. */
  async *converse(requests, context) {
    let stays = false;
    try {
      for await (const { text, number } of requests) {
        stays = text === "stay";
        yield { text: "hello", number };
      }
      if (stays) await untilAborted(context.signal);
      for (let number = 1; number <= 3; number++) yield { text: "one more", number };
    } finally {
      if (++handlers.ended % STREAMS === 0) all.add(handlers.ended);
    }
  },
};

/** Counts the attempts, and those that have ended. */
const attempts = { picked: 0, done: 0 };
const picker = {
  pick(connections, request) {
    const pick = pickFirst.pick(connections, request);
    if (pick === undefined) return undefined;
    attempts.picked++;
    return { ...pick, done: () => attempts.done++ };
  },
};

async function walkAway(chat, text, options) {
  const talk = chat.converse(options);
  await talk.send({ text, number: 1 });
  await talk.receive();
  talk.closeSend();
  return talk;
}

/** Walks away, and keeps nothing. */
async function walkAwayAndForget(chat) {
  await walkAway(chat, "stay");
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

/** What a busy process does by itself, now and then. */
async function collectUntil(done) {
  for (let i = 0; i < 100 && !done(); i++) {
    collectGarbage();
    await sleep(10);
  }
}

const warnings = [];

await situation(
  "4. Half-close and walk away",
  implementation,
  async ({ chat, client, server, channel }) => {
    const left = await Promise.all(Array.from({ length: STREAMS }, () => walkAway(chat, "go")));
    const codes = new Set((await Promise.all(left.map((talk) => talk.outcome))).map(({ code }) => code));
    server(`${await all.next()} handlers have ended by themselves`, handlers.ended === STREAMS);
    client(`outcomes: ${[...codes].join(", ")}; open calls: ${channel.statistics().openCalls}`, codes.size === 1 && codes.has("ok"));
    client(`the picker's done ran for ${attempts.done} of ${attempts.picked} attempts, before anybody read on`, attempts.done === STREAMS);
    let unread = 0;
    for (const talk of left) for await (const { text } of talk) if (text === "one more") unread++;
    client(`${unread} unread messages could still be read`, unread === 3 * STREAMS);

    // the server stays, and nobody holds the streams any more: they are cancelled when they are collected
    handlers.ended = 0;
    attempts.done = 0;
    await Promise.all(Array.from({ length: STREAMS }, () => walkAwayAndForget(chat)));
    await collectUntil(() => handlers.ended === STREAMS);
    server(`${await all.next()} handlers that stay were cut off when the streams had been collected`, handlers.ended === STREAMS);
    client(`the picker's done ran for ${attempts.done} attempts`, attempts.done === STREAMS);
    const where = warnings[0]?.openedAt?.replace(/^.*\//, "");
    client(`${warnings.length} warning in the log: opened at ${where}`, warnings.length === 1 && where.startsWith("4-half-close"));

    // the server stays: what ends the stream is the deadline of the call, or the time in which nothing moves
    for (const bound of [{ timeoutMs: 1_000 }, { idleTimeoutMs: 400 }]) {
      handlers.ended = 0;
      attempts.done = 0;
      await Promise.all(Array.from({ length: STREAMS }, () => walkAway(chat, "stay", bound)));
      server(`${await all.next()} handlers that stay were cut off by ${Object.keys(bound)[0]}`, handlers.ended === STREAMS);
      client(`the picker's done ran for ${attempts.done} attempts`, attempts.done === STREAMS);
    }
  },
  { channel: { picker, callSites: "always", onLog: (event) => event.event === "stream-abandoned" && warnings.push(event) } },
);
