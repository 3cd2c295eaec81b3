// R1 to R13: the ways in which the streams of connect-es were found not to end. Each is run by a client process of each library
// against a server of the same library. An experiment resolves to `{ good, told }`; `exact: false` where the end is a good one and
// still not the one that Sluice promises.
import { getEventListeners } from "node:events";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";

const small = { payload: { body: new Uint8Array(10) } };
const large = { payload: { body: new Uint8Array(64 * 1024) } };

/** `bound`: what Sluice promises. `exits`: judged by whether the process ends. `refused`: nobody listens at the address. */
export const experiments = {
  R1: {
    title: "break out of an endless response stream, 5 times",
    bound: "handlers end within 1 s, no listener stays",
    run: leaveFive,
  },
  R2: {
    title: "the same, then the process ends by itself",
    bound: "exits within 2 s",
    exits: true,
    run: leaveFive,
  },
  R3: {
    title: "break out of the responses, endless request generator",
    bound: "generator finalised within 1 s, not pulled again",
    async run({ client, script, server }) {
      const requests = counted(small);
      let seen = 0;
      for await (const _ of client.bidi(requests.iterable, { script: script("echo") })) if (++seen === 2) break;
      const { active } = await server.idle(script("echo"));
      await within(1000, () => requests.finalised);
      const before = requests.pulled;
      await sleep(300);
      return {
        good: requests.finalised && requests.pulled === before && active === 0,
        told: `${requests.finalised ? "finalised" : "never finalised"}, pulled ${requests.pulled - before} times more, ${running(active)}`,
      };
    },
  },
  R4: {
    title: "abort the signal in the middle of a stream",
    bound: "cancelled here; handler's signal and finally within 1 s",
    async run({ client, script, server, codeOf }) {
      const controller = new AbortController();
      let code = "no error";
      try {
        let seen = 0;
        for await (const _ of client.serverStream({ script: script("endless"), signal: controller.signal })) {
          if (++seen === 3) controller.abort();
        }
      } catch (error) {
        code = codeOf(error);
      }
      const { active, aborted, finalised } = await server.idle(script("endless"));
      return {
        good: isCancel(code) && active === 0 && aborted === 1 && finalised === 1,
        exact: code === "cancelled",
        told: `client: ${code}; handler: signal ${aborted === 1 ? "aborted" : "silent"}, ${finalised === 1 ? "finalised" : "not finalised"}`,
      };
    },
  },
  R5: {
    title: "abort while the request iterable is parked in an await",
    bound: "call and handler end within 1 s; the iterator is told to return",
    async run({ client, script, server, codeOf }) {
      const controller = new AbortController();
      let returned = false;
      let pulled = 0;
      const requests = {
        [Symbol.asyncIterator]: () => ({
          next: () => (pulled++ === 0 ? Promise.resolve({ value: small, done: false }) : new Promise(() => {})),
          return: async () => {
            returned = true;
            return { value: undefined, done: true };
          },
          // what connect-es does instead
          throw: async (error) => {
            returned = true;
            throw error;
          },
        }),
      };
      let code = "no end";
      const reading = (async () => {
        for await (const _ of client.bidi(requests, { script: script("echo"), signal: controller.signal })) controller.abort();
      })().then(
        () => (code = "a good end"),
        (error) => (code = codeOf(error)),
      );
      await Promise.race([reading, sleep(1500)]);
      const { active } = await server.idle(script("echo"));
      await within(500, () => returned);
      return {
        good: isCancel(code) && active === 0 && returned,
        exact: code === "cancelled",
        told: `client: ${code}; ${running(active)}; iterator ${returned ? "told" : "not told"}`,
      };
    },
  },
  R6: {
    title: "a response stream that is never iterated, then collected",
    bound: "handler ends within 2 s of the collection",
    async run({ client, script, server, collect }) {
      (() => client.serverStream({ script: script("endless") }))();
      await sleep(200);
      const { produced = 0 } = await server.notes(script("endless"));
      for (let i = 0; i < 10; i++) {
        collect();
        await sleep(50);
      }
      const { active = 0 } = await server.idle(script("endless"), 1500);
      return { good: active === 0, told: `${produced === 0 ? "nothing was sent" : "the request was sent"}; ${running(active)}` };
    },
  },
  R7: {
    title: "the same with nobody listening at the address",
    bound: "no unhandled rejection, no crash",
    refused: true,
    async run({ client, script }) {
      client.serverStream({ script: script("endless") });
      await sleep(500);
      return { good: true, told: "no unhandled rejection" };
    },
  },
  R8: {
    title: "a request generator that throws",
    bound: "the call fails here; the handler never sees a whole upload",
    async run({ client, script, server, codeOf }) {
      async function* requests() {
        yield small;
        await sleep(50);
        throw new Error("boom");
      }
      let code = "no error";
      let message = "";
      await client.clientStream(requests(), { script: script("collect") }).catch((error) => {
        code = codeOf(error);
        message = error.message;
      });
      const { active = 0, whole = 0 } = await server.idle(script("collect"));
      return {
        good: code !== "no error" && active === 0 && whole === 0,
        exact: code === "cancelled" && message.includes("boom"),
        told: `client: ${code} ${JSON.stringify(message.slice(0, 60))}; ${whole > 0 ? "the handler took the part for the whole" : running(active)}`,
      };
    },
  },
  R9: {
    title: "a reader that stops after one message of 64 KiB",
    bound: "the server stalls within 16 messages; break ends it",
    async run({ client, script, server }) {
      const stream = client.serverStream({ script: script("endless-large") });
      let produced = -1;
      let stalled = false;
      for await (const _ of stream) {
        for (let i = 0; i < 10 && !stalled; i++) {
          await sleep(200);
          const now = (await server.notes(script("endless-large"))).produced;
          stalled = now === produced;
          produced = now;
        }
        break;
      }
      const { active } = await server.idle(script("endless-large"));
      return {
        good: stalled && produced <= 64 && active === 0,
        exact: produced <= 16,
        told: `${stalled ? "stalled" : "not stalled"} at ${produced} messages; after break ${running(active)}`,
      };
    },
  },
  R10: {
    title: "an upload to a handler that does not read, then abort",
    bound: "at most 8 messages taken; generator and handler end within 1 s",
    async run({ client, script, server, codeOf }) {
      const controller = new AbortController();
      const requests = counted(large);
      let code = "no end";
      const ending = client.clientStream(requests.iterable, { script: script("never-reads"), signal: controller.signal }).then(
        () => (code = "a good end"),
        (error) => (code = codeOf(error)),
      );
      await sleep(500);
      const { pulled } = requests;
      await sleep(200);
      const still = requests.pulled === pulled;
      controller.abort();
      await Promise.race([ending, sleep(1000)]);
      await within(1000, () => requests.finalised);
      const { active } = await server.idle(script("never-reads"));
      return {
        good: still && pulled <= 64 && isCancel(code) && requests.finalised && active === 0,
        exact: pulled <= 8 && code === "cancelled",
        told: `${pulled} messages pulled, ${still ? "then none" : "and more"}; abort: ${code}, ${requests.finalised ? "finalised" : "never finalised"}, ${running(active)}`,
      };
    },
  },
  R11: {
    title: "a handler that answers after the first request",
    bound: "the answer arrives; generator finalised within 500 ms",
    async run({ client, script }) {
      const requests = counted(small, 5);
      let code = "answered";
      await Promise.race([
        client.clientStream(requests.iterable, { script: script("first") }).catch((error) => (code = `failed: ${error.message}`)),
        sleep(5000).then(() => (code = "no answer in 5 s")),
      ]);
      const took = await within(500, () => requests.finalised);
      return {
        good: code === "answered" && requests.finalised,
        told: `${code}; ${requests.finalised ? `finalised after ${took} ms` : "not finalised in 500 ms"}`,
      };
    },
  },
  R12: {
    title: "a whole answer: is the server told that it is over?",
    bound: "ctx.done settles within 500 ms",
    async run({ client, script, server }) {
      let seen = 0;
      for await (const _ of client.serverStream({ script: script("three") })) seen++;
      let told = 0;
      await within(500, async () => {
        told = (await server.notes(script("three"))).told;
        return told === 1;
      });
      return { good: seen === 3 && told === 1, told: `${seen} messages; the server ${told === 1 ? "is told" : "is never told"}` };
    },
  },
  R13: {
    title: "a handler that is idle before its first message",
    bound: "headers within 500 ms; after abort finalised within 1 s",
    async run({ client, script, server, codeOf }) {
      const controller = new AbortController();
      let headersAfter;
      const started = performance.now();
      const onHeaders = () => (headersAfter ??= performance.now() - started);
      let code = "no end";
      const reading = (async () => {
        for await (const _ of client.serverStream({ script: script("idle"), signal: controller.signal, onHeaders }));
      })().then(
        () => (code = "a good end"),
        (error) => (code = codeOf(error)),
      );
      await within(1000, () => headersAfter !== undefined);
      await within(1000, async () => (await server.notes(script("idle"))).active === 1);
      controller.abort();
      await Promise.race([reading, sleep(1000)]);
      const { active, aborted, finalised } = await server.idle(script("idle"));
      const headers = headersAfter === undefined ? "no headers in 1 s" : `headers after ${headersAfter.toFixed(0)} ms`;
      return {
        good: headersAfter < 500 && isCancel(code) && active === 0 && aborted === 1 && finalised === 1,
        exact: code === "cancelled",
        told: `${headers}; abort: ${code}, ${finalised === 1 ? "finalised" : "not finalised"}`,
      };
    },
  },
};

async function leaveFive({ client, script, server }) {
  const { signal } = new AbortController();
  for (let i = 0; i < 5; i++) {
    let seen = 0;
    for await (const _ of client.serverStream({ script: script("endless"), signal })) if (++seen === 3) break;
  }
  const { active } = await server.idle(script("endless"));
  const listeners = getEventListeners(signal, "abort").length;
  return { good: active === 0 && listeners === 0, told: `${running(active)}, ${listeners} listeners on the signal` };
}

/** A request generator that counts. */
function counted(message, everyMs = 0) {
  const state = { pulled: 0, finalised: false, iterable: undefined };
  state.iterable = (async function* () {
    try {
      while (true) {
        state.pulled++;
        yield message;
        await (everyMs > 0 ? sleep(everyMs) : turn());
      }
    } finally {
      state.finalised = true;
    }
  })();
  return state;
}

/** Waits for a condition, at most so long; returns the ms it took. */
export async function within(limitMs, condition) {
  const started = performance.now();
  while (performance.now() - started < limitMs) {
    if (await condition()) break;
    await sleep(5);
  }
  return Math.round(performance.now() - started);
}

/** nice-grpc says a cancel as Node does. */
function isCancel(code) {
  return code === "cancelled" || code === "AbortError";
}

function running(active) {
  return active === 0 ? "no handler left" : `${active} handler${active === 1 ? "" : "s"} still running after 1 s`;
}
