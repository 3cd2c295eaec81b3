import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Channel, type ChannelStatistics, type Client, createClient } from "sluice";
import { connect, type RunningServer, serve } from "sluice/node";
import * as page from "sluice/page";
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
  /** `sluice/page`: no streams of requests, and a channel that has nothing to close. */
  readonly small?: boolean;
  open(t: TestContext, routes: (router: Router) => unknown, protocol: Protocol): Promise<Ends>;
}

/** Both ends, and the client's channel as far as there is one. */
interface Ends {
  readonly server: RunningServer | FetchServer;
  readonly client: Client<typeof Bench>;
  readonly channel: { close(): Promise<unknown>; statistics(): Partial<ChannelStatistics> };
}

const webProtocol = (protocol: Protocol) => (protocol === "connect" ? "connect" : grpcWeb);

const CARRIERS: readonly Carrier[] = [
  {
    name: "HTTP/2",
    protocols: ["grpc", "grpc-web", "connect", "triple"],
    halfDuplex: false,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, ...overChannel(connect(server.url, { protocol, ...(protocol === "triple" && { tripleUnary: "http" }) })) };
    },
  },
  {
    name: "HTTP/1.1",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, ...overChannel(connect(server.url, { protocol, httpVersion: "1.1" })) };
    },
  },
  {
    name: "fetch",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = await serve({ routes });
      return { server, ...overChannel(connectByFetch(server.url, { protocol: webProtocol(protocol) })) };
    },
  },
  {
    name: "fetch to fetch",
    protocols: ["grpc-web", "connect"],
    halfDuplex: true,
    async open(_t, routes, protocol) {
      const server = serveFetch({ routes });
      return {
        server,
        ...overChannel(connectByFetch("http://in.process", { protocol: webProtocol(protocol), fetch: directly(server) })),
      };
    },
  },
  {
    name: "page",
    protocols: ["connect"],
    halfDuplex: true,
    small: true,
    async open(_t, routes) {
      const server = await serve({ routes });
      return { server, ...overPage(server.url, fetch) };
    },
  },
  {
    name: "page to fetch",
    protocols: ["connect"],
    halfDuplex: true,
    small: true,
    async open(_t, routes) {
      const server = serveFetch({ routes });
      return { server, ...overPage("http://in.process", directly(server)) };
    },
  },
];

function overChannel(channel: Channel): Pick<Ends, "client" | "channel"> {
  return { client: createClient(Bench, channel), channel };
}

/** There is no channel that could count: what a call holds is its request, whose signal aborts when the call ends. */
function overPage(url: string, send: typeof fetch): Pick<Ends, "client" | "channel"> {
  const signals: AbortSignal[] = [];
  const counted: typeof fetch = (input, init) => {
    signals.push(init?.signal as AbortSignal);
    return send(input, init);
  };
  const statistics = () => ({ openStreams: signals.filter(({ aborted }) => !aborted).length });
  return { client: page.createClient(Bench, page.connect(url, { fetch: counted })), channel: { close: async () => {}, statistics } };
}

/** A fetch that is a server in the same process. */
function directly(server: FetchServer): typeof fetch {
  const direct = async (input: unknown, init: unknown) => server.handler(new Request(input as string, init as RequestInit));
  return direct as typeof fetch;
}

/** A server and a client of it. */
export interface Live extends Ends {
  readonly protocol: Protocol;
}

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

/** One guarantee over every carrier and protocol. Afterwards nothing is left: no call, stream, handler, connection, socket or timer. */
export function live(
  name: string,
  options: { readonly impl: ServiceImplementation<typeof Bench>; readonly needs?: "full duplex" | "streams of requests" | "a channel" },
  body: (live: Live) => Promise<void>,
): void {
  for (const carrier of CARRIERS) {
    for (const protocol of carrier.protocols) {
      const skip = whyNot(carrier, options.needs);
      test(`${name} (${protocol}, ${carrier.name})`, { skip, timeout: 10_000 }, async (t) => {
        unhandled.length = 0;
        const { server, client, channel } = await carrier.open(t, (router) => router.service(Bench, options.impl), protocol);
        cleanUp(t)(async () => {
          await channel.close();
          await server.close({ graceMs: 0 });
        });
        await body({ server, channel, client, protocol });
        await until(
          () => open(server.statistics()) + open(channel.statistics()) === 0,
          () => ({ ...server.statistics(), ...channel.statistics() }),
        );
        assert.deepEqual(unhandled, []);
      });
    }
  }
}

function whyNot({ halfDuplex, small = false }: Carrier, needs: string | undefined): string | false {
  if (needs === "full duplex" && halfDuplex) return "HTTP/1.1 and fetch are half-duplex";
  if (needs === "a channel" && small) return "sluice/page has no channel that could be closed: its calls are ended by their signals";
  return needs !== undefined && small ? "sluice/page sends no streams of requests" : false;
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
