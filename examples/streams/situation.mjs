// What the examples of this folder share: a server and a client in one process, a line for each thing that a side saw, and the check
// that nothing is left at the end.
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { Chat } from "../../build/gen/chat_pb.js";

/** How soon the other side must know. */
const SOON_MS = 1_000;

/**
 * Runs one situation over a real connection; sets the exit code to 1 when a promise was not kept. `body` gets the client, and
 * `client(text, kept)` and `server(text, kept)` to say what that side saw, and whether it is what was promised.
 */
export async function situation(title, implementation, body, { service, channel: channelOptions } = {}) {
  console.log(title);
  const server = await serve({ routes: (router) => router.service(Chat, implementation, service) });
  const channel = connect(server.url, channelOptions);
  const says = (side) => (text, kept) => {
    console.log(`  ${kept ? "✓" : "✗"} ${side}: ${text}`);
    if (!kept) process.exitCode = 1;
  };
  try {
    await body({ chat: createClient(Chat, channel), client: says("client"), server: says("server"), channel });
    const left = await whatIsLeft(channel, server);
    says("both")(`${left === "" ? "nothing" : left} left`, left === "");
  } finally {
    await channel.close();
    await server.close({ graceMs: 0 });
  }
}

/** Open streams and calls, and handlers that run, of either side; they get a moment to hear of their end. */
async function whatIsLeft(channel, server) {
  let left = "";
  for (const until = performance.now() + SOON_MS; performance.now() < until; ) {
    const { openStreams, openCalls, runningHandlers } = server.statistics();
    const counts = { openStreams, openCalls, runningHandlers, callsOfTheClient: channel.statistics().openCalls };
    left = Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(", ");
    if (left === "") break;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return left;
}

/** Notes that one side makes and the other waits for, in order. */
export class Notes {
  #notes = [];
  #waiting = [];

  add(note) {
    const next = this.#waiting.shift();
    if (next === undefined) this.#notes.push(note);
    else next(note);
  }

  /** The next note; undefined when none comes soon. */
  next() {
    if (this.#notes.length > 0) return Promise.resolve(this.#notes.shift());
    return new Promise((resolve) => {
      const late = setTimeout(resolve, SOON_MS);
      this.#waiting.push((note) => {
        clearTimeout(late);
        resolve(note);
      });
    });
  }
}

/** Waits for the signal and rejects with its reason; at once when it has aborted already, for then no event comes. */
export function untilAborted(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A number of ms, as it is printed. */
export function ms(value) {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
