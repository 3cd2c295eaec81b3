import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import { Channel, type ChannelParts } from "../client/channel/channel.js";
import type { ClientConnection, ClientConnectionEvents, ServerConnection } from "../exchange/connection.js";
import { type Http2LimitOptions, OutputPool, resolveLimits, WindowBudget } from "../http2/index.js";
import type { LogEvent } from "../observe/log.js";
import { grpcClient, grpcServer } from "../protocol/grpc/index.js";
import type { Compression } from "../rpc/compression.js";
import { jsonCodec } from "../rpc/json-codec.js";
import { protoCodec } from "../rpc/proto-codec.js";
import type { ServerInterceptor } from "../server/interceptor.js";
import { Router } from "../server/router.js";
import { Server } from "../server/server.js";
import { Shutdown, type ShutdownReport } from "../server/shutdown.js";
import { makeClientConnection } from "../transport/http2/client-connection.js";
import { acceptConnection } from "../transport/http2/server-connection.js";
import { connectInMemory } from "../transport/memory/memory-connection.js";
import { type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";
import { VirtualRuntime } from "./virtual-runtime.js";

/** What runs between the two ends. */
export type InMemoryTransport = "memory" | "http2";

/** Options of {@link inMemory}. */
export interface InMemoryOptions extends CallLimitOptions {
  readonly routes: (router: Router) => unknown;
  /** `"http2"`: the real engine over a pipe of bytes; `"memory"`, the default: exchanges are handed over without HTTP/2. */
  readonly transport?: InMemoryTransport;
  /** Default: one of its own. */
  readonly runtime?: VirtualRuntime;
  /** The pipe under HTTP/2: latency, cut reads. */
  readonly pipe?: MemoryPipeOptions;
  readonly serverLimits?: Http2LimitOptions;
  readonly clientLimits?: Http2LimitOptions;
  readonly serverInterceptors?: readonly ServerInterceptor[];
  readonly compressions?: readonly Compression[];
  readonly responseCompressions?: readonly Compression[];
  /** Any other part of the channel. */
  readonly channel?: Partial<ChannelParts>;
}

/** A client's channel and a server, connected in memory on one virtual clock. */
export interface InMemory {
  readonly runtime: VirtualRuntime;
  readonly channel: Channel;
  readonly server: Server;
  /** What was logged, by both sides. */
  readonly logs: readonly LogEvent[];
  /** The pipes of the connections so far, the newest last; none with `"memory"`. */
  readonly pipes: readonly MemoryPipe[];
  /** Breaks every open connection, as a network does. */
  cut(): void;
  /** Begins the server's bounded shutdown. */
  shutDown(graceMs: number): Promise<ShutdownReport>;
}

/** Connects a client and a server of this process, for tests that need no network and no real time. */
export function inMemory(options: InMemoryOptions): InMemory {
  const runtime = options.runtime ?? new VirtualRuntime();
  const logs: LogEvent[] = [];
  const log = (event: LogEvent) => void logs.push(event);
  const limits = resolveCallLimits(options);
  const router = new Router(limits);
  options.routes(router);
  const compressions = options.compressions ?? [];
  const server = new Server({
    runtime,
    router,
    protocols: [grpcServer],
    codecs: [protoCodec, jsonCodec],
    compressions,
    responseCompressions: options.responseCompressions ?? [],
    interceptors: options.serverInterceptors ?? [],
    log,
  });
  const pipes: MemoryPipe[] = [];
  const connections = new Set<{ client: ClientConnection; server: ServerConnection }>();
  const connector = options.transport === "http2" ? http2Connector : memoryConnector;
  const channel = new Channel({
    runtime,
    connector: (events) => connector(options, runtime, server, events, pipes, connections),
    target: { scheme: "http", authority: "memory" },
    protocol: grpcClient,
    codec: protoCodec,
    compressions,
    compression: undefined,
    limits,
    timeoutMs: Number.POSITIVE_INFINITY,
    interceptors: [],
    maxConnections: 8,
    backoff: {},
    picker: undefined,
    log,
    ...options.channel,
  });
  return {
    runtime,
    channel,
    server,
    logs,
    pipes,
    cut() {
      for (const pipe of pipes) pipe.cut("the connection was cut");
      if (options.transport !== "http2") for (const { server: end } of connections) end.destroy("the connection was cut");
    },
    shutDown(graceMs) {
      const shutdown = new Shutdown(server, runtime, () => Promise.resolve());
      shutdown.within(graceMs);
      return shutdown.done;
    },
  };
}

type MakeConnection = (
  options: InMemoryOptions,
  runtime: VirtualRuntime,
  server: Server,
  events: ClientConnectionEvents,
  pipes: MemoryPipe[],
  connections: Set<{ client: ClientConnection; server: ServerConnection }>,
) => ClientConnection;

const http2Connector: MakeConnection = (options, runtime, server, events, pipes) => {
  const pipe = memoryPipe(runtime, options.pipe);
  pipes.push(pipe);
  const shared = { runtime, outputPool: new OutputPool(), windowBudget: new WindowBudget() };
  const serverSide = { ...shared, limits: resolveLimits("server", options.serverLimits) };
  const accepted: ServerConnection = acceptConnection(pipe.server, serverSide, server, {
    onClosed: () => server.removeConnection(accepted),
  });
  server.addConnection(accepted);
  return makeClientConnection(pipe.client, { ...shared, limits: resolveLimits("client", options.clientLimits) }, events);
};

const memoryConnector: MakeConnection = (_options, runtime, server, events, _pipes, connections) => {
  const connection = connectInMemory({ runtime }, events, server, {
    onClosed: () => {
      server.removeConnection(connection.server);
      connections.delete(connection);
    },
  });
  connections.add(connection);
  server.addConnection(connection.server);
  return connection.client;
};
