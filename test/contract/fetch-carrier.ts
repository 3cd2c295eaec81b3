import type { CarriedConnection, CarrierEnds } from "sluice/testing";
import type { Runtime } from "../../src/base/runtime.js";
import { FetchClientConnection } from "../../src/web/fetch-client-connection.js";
import { FetchServerConnection } from "../../src/web/fetch-server-connection.js";

/** `fetch` at both ends: the client's calls the handler of the server, in the same process, with the platform's own requests, responses and streams. */
export function overFetch({ runtime: virtual, clientEvents, acceptor, serverEvents }: CarrierEnds): CarriedConnection {
  const line = new Line();
  // the class is not told outside: it comes from the sources, whose private names the compiler takes for others
  const runtime = virtual as unknown as Runtime;
  const onClosed = () => serverEvents.onClosed({ initiator: "application", code: 0, message: "the server was closed" });
  const server = new FetchServerConnection({ acceptor, runtime, writeStallTimeoutMs: 30_000, onClosed });
  const fetch = (url: string, init: RequestInit) => line.carry(url, init, (request) => server.accept(request, ""));
  const target = { base: "http://memory", fetch: fetch as typeof globalThis.fetch, init: { redirect: "manual" } };
  const client = new FetchClientConnection(target, {
    onReady: () => clientEvents.onReady(),
    onCapacity: () => clientEvents.onCapacity(),
    onDraining: () => clientEvents.onDraining(),
    onClosed: (end) => {
      clientEvents.onClosed(end);
      // the platform keeps connections to itself; this one had one client
      server.drain();
    },
  });
  return { client, server, cut: (message) => line.cut(message) };
}

/** What a platform's network does for fetch: it carries, and it breaks. */
class Line {
  #broken = new AbortController();

  async carry(url: string, init: RequestInit, handler: (request: Request) => Promise<Response>): Promise<Response> {
    const broken = this.#broken.signal;
    const gone = AbortSignal.any([init.signal as AbortSignal, broken]);
    // heard before the server hears of it: what that would answer does not arrive
    const failure = failed(gone);
    const response = await Promise.race([failure, handler(new Request(url, { ...init, signal: gone }))]);
    return new Response(response.body && arriving(response.body, gone), response);
  }

  /** What runs now is lost; what comes later has a new connection, of which fetch tells nobody. */
  cut(message: string): void {
    this.#broken.abort(new TypeError(message));
    this.#broken = new AbortController();
  }
}

/** A body as a platform gives it: read a little ahead of whoever asks, and broken off as soon as its sender or the connection is gone. */
function arriving(body: ReadableStream<Uint8Array>, gone: AbortSignal): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    start(controller) {
      const breakOff = (reason: unknown) => {
        controller.error(reason);
        reader.cancel(reason).catch(() => {});
      };
      reader.closed.catch(breakOff);
      gone.addEventListener("abort", () => breakOff(gone.reason), { once: true });
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function failed(signal: AbortSignal): Promise<never> {
  const failure = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  failure.catch(() => {});
  return failure;
}
