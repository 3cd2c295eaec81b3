// The client leaves a server stream: how does the server know?
//   connect-go #668: the client called Close, the server's context never ended. There the client must cancel the context of the call.
// Here leaving the loop is cancelling, and the server hears it in three ways: its signal, its next send, its generator's finally.
import { setTimeout as sleep } from "node:timers/promises";
import { median, ms, Notes, situation } from "./situation.mjs";

const ROUNDS = 50;
const heard = new Notes();

const implementation = {
  watch: (request, context, out) => (request.room === "pushed" ? push(context, out) : generate(context)),
};

/** Pushes; the loop ends by the send that rejects. */
async function push(context, out) {
  context.signal.addEventListener("abort", () => heard.add({ at: performance.now(), reason: context.signal.reason }), { once: true });
  try {
    for (let number = 1; ; number++) {
      await out.send({ text: "news", number });
      if (number > 3) await sleep(1);
    }
  } catch (error) {
    heard.add({ at: performance.now(), reason: error });
    throw error;
  }
}

/** Yields; what it waits for listens to the signal, and its `finally` runs. */
async function* generate(context) {
  try {
    for (let number = 1; ; number++) {
      yield { text: "news", number };
      if (number > 3) await sleep(60_000, undefined, { signal: context.signal });
    }
  } finally {
    heard.add({ at: performance.now(), reason: context.signal.reason });
  }
}

/** Takes three events and leaves the loop; when that was. */
async function leaveAfterThree(chat, room) {
  for await (const { number } of chat.watch({ room })) if (number === 3) return performance.now();
}

await situation("1. The client leaves a server stream", implementation, async ({ chat, client, server }) => {
  const signal = [];
  const send = [];
  const finallyRan = [];
  const reasons = new Set();
  for (let round = 0; round < ROUNDS; round++) {
    const left = await leaveAfterThree(chat, "pushed");
    for (const times of [signal, send]) {
      const { at, reason } = await heard.next();
      times.push(at - left);
      reasons.add(`${reason.code} by the ${reason.initiator}`);
    }
    const leftAgain = await leaveAfterThree(chat, "generated");
    const { at, reason } = await heard.next();
    finallyRan.push(at - leftAgain);
    reasons.add(`${reason.code} by the ${reason.initiator}`);
  }
  client(`left the loop after 3 events, ${2 * ROUNDS} times`, true);
  server(`context.signal aborted after ${ms(median(signal))} (median)`, Math.max(...signal) < 1_000);
  server(`the next send() rejected after ${ms(median(send))}`, Math.max(...send) < 1_000);
  server(`the generator's finally ran after ${ms(median(finallyRan))}`, Math.max(...finallyRan) < 1_000);
  server(`the reason: ${[...reasons].join(", ")}`, reasons.size === 1 && reasons.has("cancelled by the peer"));
});
