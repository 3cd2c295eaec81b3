import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { FetchHandler } from "../../src/web/index.js";
import { cleanUp } from "../sockets/clean-up.js";

/** Serves a fetch handler over HTTP/1.1, as adapters do. Resolves with the URL. */
export async function listenWith(t: TestContext, handler: FetchHandler): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableEnded) gone.abort();
    });
    const hasBody = incoming.method !== "GET" && incoming.method !== "HEAD";
    const init: RequestInit & { duplex: "half" } = {
      method: incoming.method ?? "GET",
      headers: incoming.headers as Record<string, string>,
      signal: gone.signal,
      duplex: "half",
    };
    if (hasBody) init.body = bodyOf(incoming);
    void handler(new Request(`http://${incoming.headers.host}${incoming.url}`, init)).then(async (response) => {
      outgoing.writeHead(response.status, [...response.headers].flat());
      outgoing.flushHeaders();
      try {
        for await (const chunk of response.body ?? []) {
          if (!outgoing.write(chunk)) await new Promise<void>((resolve) => void outgoing.once("drain", resolve).once("close", resolve));
          if (outgoing.destroyed) return;
        }
        outgoing.end();
      } catch {
        outgoing.destroy();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp(t)(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Read as it is pulled; what is cancelled passes by, so that the connection can be used again. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  let wanted = true;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        incoming.pause();
        incoming.on("data", (chunk: Buffer) => {
          if (!wanted) return;
          controller.enqueue(new Uint8Array(chunk));
          incoming.pause();
        });
        incoming.once("end", () => wanted && controller.close());
        incoming.once("error", (error) => wanted && controller.error(error));
      },
      pull: () => void incoming.resume(),
      cancel() {
        wanted = false;
        incoming.resume();
      },
    },
    { highWaterMark: 0 },
  );
}
