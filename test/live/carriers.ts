import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Channel, type Client, createClient } from "sluice";
import { connect, type RunningServer, serve } from "sluice/node";
import type { Router, ServiceImplementation } from "sluice/server";
import { connect as connectByFetch, type FetchServer, grpcWeb, serveFetch } from "sluice/web";
import { Bench } from "../../gen/bench_pb.js";
import { cleanUp } from "../sockets/clean-up.js";

/* The contract over what virtual time cannot carry: real sockets with HTTP/2 and HTTP/1.1, and fetch at either end. */

type Protocol = "grpc" | "grpc-web" | "connect" | "triple";

/** One way from a client to a server. */
interface Carrier {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  /** Responses can only follow requests. */
  readonly halfDuplex: boolean;
  open(
    t: TestContext,
    routes: (router: Router) => unknown,
    protocol: Protocol,
  ): Promise<{ server: RunningServer | FetchServer; channel: Channel }>;
}

const webProtocol = (protocol: Protocol) => (protocol === "connect" ? "connect" : grpcWeb);

const CARRIERS: readonly Carrier[] = [
  {
    name: "HTTP/2",
    protocols: ["grpc", "grpc-web", "connect", "triple"],
    halfDuplex: false,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, channel: connect(server.url, { protocol, ...(protocol === "triple" && { tripleUnary: "http" }) }) };
    },
  },
  {
    name: "HTTP/1.1",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, channel: connect(server.url, { protocol, httpVersion: "1.1" }) };
    },
  },
  {
    name: "fetch",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, channel: connectByFetch(server.url, { protocol: webProtocol(protocol) }) };
    },
  },
  {
    name: "fetch to fetch",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = serveFetch({ routes });
      const direct = async (input: unknown, init: unknown) => server.handler(new Request(input as string, init as RequestInit));
      const channel = connectByFetch("http://in.process", { protocol: webProtocol(protocol), fetch: direct as typeof fetch });
      return { server, channel };
    },
  },
];

/** A server and a client of it. */
export interface Live {
  readonly server: RunningServer | FetchServer;
  readonly channel: Channel;
  readonly client: Client<typeof Bench>;
  readonly protocol: Protocol;
}

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

/** One guarantee over every carrier and protocol. Afterwards nothing is left: no call, stream, handler, connection, socket or timer. */
export function live(
  name: string,
  options: { readonly impl: ServiceImplementation<typeof Bench>; readonly fullDuplex?: boolean },
  body: (live: Live) => Promise<void>,
): void {
  for (const carrier of CARRIERS) {
    for (const protocol of carrier.protocols) {
      const skip = options.fullDuplex === true && carrier.halfDuplex ? "HTTP/1.1 and fetch are half-duplex" : false;
      test(`${name} (${protocol}, ${carrier.name})`, { skip, timeout: 10_000 }, async (t) => {
        unhandled.length = 0;
        const { server, channel } = await carrier.open(t, (router) => router.service(Bench, options.impl), protocol);
        cleanUp(t)(async () => {
          await channel.close();
          await server.close({ graceMs: 0 });
        });
        await body({ server, channel, client: createClient(Bench, channel), protocol });
        await until(
          () => open(server.statistics()) + open(channel.statistics()) === 0,
          () => ({ ...server.statistics(), ...channel.statistics() }),
        );
        assert.deepEqual(unhandled, []);
      });
    }
  }
}

function open(statistics: object): number {
  const counts = statistics as Readonly<Record<string, number>>;
  return ["openCalls", "openStreams", "waitingCalls", "runningHandlers"].reduce((sum, name) => sum + (counts[name] ?? 0), 0);
}

/** Resolves when it holds; rejects with what is there after 3 s. */
export async function until(holds: () => boolean, shown: () => unknown = () => holds.toString()): Promise<void> {
  const end = performance.now() + 3_000;
  while (!holds()) {
    if (performance.now() > end) assert.fail(`not within 3 s: ${JSON.stringify(shown())}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
