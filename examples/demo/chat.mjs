// The demo's service. Every handler notes how it ended, so that the demo can show what the server saw.
import { EventEmitter } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {{ method: string, end: string, at: number, sent: number }} HandlerEnd */

/**
 * Makes the implementation; `ended` is called when a handler has come to rest. Streaming handlers listen to `bus` while they run: the
 * demo counts at its end who has not left.
 */
export function chat(ended, bus = new EventEmitter()) {
  /** Runs a handler's body and tells how it ended. */
  async function* told(method, context, body) {
    const note = { method, sent: 0 };
    const onMessage = () => {};
    bus.on("message", onMessage);
    try {
      for await (const event of body) {
        yield event;
        note.sent++;
      }
    } finally {
      bus.off("message", onMessage);
      const reason = context.signal.aborted ? `${context.signal.reason.code}: ${context.signal.reason.message}` : "ok";
      ended({ ...note, end: reason, at: performance.now() });
    }
  }

  async function* events({ room, limit, everyMs }, signal) {
    if (room === "silent") await sleep(3_600_000, undefined, { signal, ref: false });
    const body = room === "large" ? new Uint8Array(16 * 1024) : new Uint8Array(0);
    for (let number = 1; limit === 0 || number <= limit; number++) {
      yield { text: `event in ${room}`, number, body };
      if (everyMs > 0) await sleep(everyMs, undefined, { signal, ref: false });
    }
  }

  async function* replies(requests) {
    for await (const request of requests) {
      if (request.text === "park") await new Promise(() => {});
      yield { text: `you said ${request.text}`, number: request.number };
    }
    for (let number = 1; number <= 3; number++) yield { text: "one more", number };
  }

  return {
    say: (request) => ({ text: `you said ${request.text}` }),
    watch: (request, context) => told("Watch", context, events(request, context.signal)),
    async upload(chunks) {
      let bytes = 0n;
      for await (const chunk of chunks) bytes += BigInt(chunk.data.length);
      return { bytes };
    },
    converse: (requests, context) => told("Converse", context, replies(requests)),
  };
}
