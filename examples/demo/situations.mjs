// The situations that made people file issues with other RPC systems. Each returns what the client saw and what the server saw.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { Chat } from "../../build/gen/chat_pb.js";
import { chat } from "./chat.mjs";

/** How soon the other side must know. */
const SOON_MS = 1_000;

/**
 * @typedef {{ client: import("sluice").Client<typeof Chat>, nextEnd: () => Promise<object>, url: string, server: object, channel: object }} World
 * @typedef {{ title: string, about: string, run: (world: World) => Promise<{ client: string, server: string, ok: boolean }> }} Situation
 */

/** @type {Situation[]} */
export const situations = [
  {
    title: "half-close and walk away",
    about: "grpc-go #7656, #1818: a goroutine, a context and the picker's Done leak",
    async run({ client, nextEnd, channel }) {
      const end = nextEnd();
      const call = client.converse();
      await call.send({ text: "hello", number: 1 });
      await call.receive();
      call.closeSend();
      const server = await end;
      const outcome = await within(call.outcome, SOON_MS);
      const open = channel.statistics().openCalls;
      // nobody has read on, and yet everything is released; what had come can still be read
      let unread = 0;
      while ((await call.receive()) !== undefined) unread++;
      return {
        client: `outcome ${outcome?.code}, open calls ${open} before anyone read on, ${unread} unread messages still there`,
        server: `handler ended: ${server.end}`,
        ok: outcome?.code === "ok" && open === 0 && unread === 3 && server.end === "ok",
      };
    },
  },
  {
    title: "break out of a server stream",
    about: "connect-es: the server goes on producing for ever",
    async run({ client, nextEnd }) {
      const end = nextEnd();
      let left = 0;
      for await (const event of client.watch({ room: "endless", everyMs: 1 })) {
        if (event.number === 3) {
          left = performance.now();
          break;
        }
      }
      const server = await within(end, SOON_MS);
      return {
        client: "left the loop after 3 events",
        server: `handler ended ${ms(server?.at - left)} later, after ${server?.sent} events: ${server?.end}`,
        ok: server?.end.startsWith("cancelled"),
      };
    },
  },
  {
    title: "cancel in the middle",
    about: "the server must hear it, at once",
    async run({ client, nextEnd }) {
      const end = nextEnd();
      const call = client.converse();
      await call.send({ text: "hello", number: 1 });
      await call.receive();
      const waiting = call.receive();
      const at = performance.now();
      call.cancel("the user closed the window");
      const error = await waiting.catch((caught) => caught);
      const server = await within(end, SOON_MS);
      return {
        client: `the waiting receive() rejected with ${error.code}`,
        server: `heard it ${ms(server?.at - at)} later: ${server?.end}`,
        ok: error.code === "cancelled" && server?.end.startsWith("cancelled"),
      };
    },
  },
  {
    title: "deadline",
    about: "one deadline for the whole call, on both ends",
    async run({ client, nextEnd }) {
      const end = nextEnd();
      const at = performance.now();
      const error = await readAll(client.watch({ room: "slow", everyMs: 10 }, { timeoutMs: 100 }));
      const took = performance.now() - at;
      const server = await within(end, SOON_MS);
      return {
        client: `${error?.code} after ${ms(took)} of 100 ms`,
        server: `handler ended: ${server?.end.split(":")[0]}`,
        ok: error?.code === "deadline_exceeded" && server?.end.startsWith("deadline_exceeded"),
      };
    },
  },
  {
    title: "close a stream whose server never answers",
    about: "connect-go #789: Close hung for 42 minutes; it still blocks where headers never come",
    async run({ client, nextEnd }) {
      const end = nextEnd();
      const call = client.watch({ room: "silent" }, { closeTimeoutMs: 200 });
      const at = performance.now();
      const outcome = await within(call.close(), SOON_MS);
      const took = performance.now() - at;
      const server = await within(end, SOON_MS);
      return {
        client: `close() resolved after ${ms(took)} (bound: 200 ms): ${outcome?.code}`,
        server: `handler ended: ${server?.end.split(":")[0]}`,
        ok: outcome?.code === "cancelled" && server?.end.startsWith("cancelled"),
      };
    },
  },
  {
    title: "server shutdown with a parked handler",
    about: "grpc-go #8946: GracefulStop waits for ever",
    async run() {
      const server = await serve({
        routes: (r) =>
          r.service(
            Chat,
            chat(() => {}),
          ),
      });
      const channel = connect(server.url);
      const call = createClient(Chat, channel).converse();
      await call.send({ text: "hello", number: 1 });
      await call.receive();
      await call.send({ text: "park" });
      const waiting = call.receive().catch((caught) => caught);
      const at = performance.now();
      const report = await within(server.close({ graceMs: 200 }), SOON_MS);
      const took = performance.now() - at;
      const error = await within(waiting, SOON_MS);
      await channel.close();
      return {
        client: `the waiting receive() rejected with ${error?.code}`,
        server: `close() resolved after ${ms(took)} (grace: 200 ms), cut off ${report?.cutOff.length} call`,
        ok: error?.code === "unavailable" && report?.cutOff.length === 1,
      };
    },
  },
  {
    title: "client killed with SIGKILL",
    about: "a real process, in the middle of a stream",
    async run({ url, nextEnd }) {
      const end = nextEnd();
      const child = spawn(process.execPath, [fileURLToPath(new URL("doomed-client.mjs", import.meta.url)), url], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      const at = performance.now();
      child.kill("SIGKILL");
      await once(child, "exit");
      const server = await within(end, SOON_MS);
      return {
        client: "killed after its first event",
        server: `handler ended ${ms(server?.at - at)} later: ${server?.end}`,
        ok: server?.end.startsWith("cancelled"),
      };
    },
  },
  {
    title: "a slow reader",
    about: "grpc-js: an ignored write() result ends in an out-of-memory crash",
    async run({ client, nextEnd }) {
      const end = nextEnd();
      const call = client.watch({ room: "large" });
      await call.receive();
      const before = process.memoryUsage().rss;
      await new Promise((resolve) => setTimeout(resolve, 300));
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      call.cancel("seen enough");
      const server = await within(end, SOON_MS);
      const produced = ((server?.sent ?? 0) * 16) / 1024;
      return {
        client: `read 1 message of 16 KiB in 300 ms; memory of both sides grew by ${grown.toFixed(1)} MiB`,
        server: `the endless handler was held after ${produced.toFixed(1)} MiB`,
        ok: produced < 32,
      };
    },
  },
];

/** The value, or undefined when it takes longer. */
async function within(promise, limitMs) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a stream to its end; the error it ended with. */
async function readAll(stream) {
  try {
    for await (const _ of stream);
    return undefined;
  } catch (error) {
    return error;
  }
}

function ms(value) {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}
