import { ErrorCode } from "../base/error-code.js";
import type { Peer } from "../base/peer.js";
import { UsageError } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import { Channel, type ChannelParts } from "../client/channel/channel.js";
import type {
  ClientConnection,
  ClientConnectionEvents,
  ConnectionEnd,
  ExchangeAcceptor,
  ServerConnection,
} from "../exchange/connection.js";
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
import type { MemoryConnectionOptions } from "../transport/memory/memory-end.js";
import { type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";
import { VirtualRuntime } from "./virtual-runtime.js";

/** What runs between the two ends. */
export type InMemoryTransport = "memory" | "http2";

/** What happens to whoever dials: he gets through, is refused, or hears nothing. */
export type Reachability = "up" | "refused" | "silent";

/** Options of {@link inMemory}. */
export interface InMemoryOptions extends CallLimitOptions {
  readonly routes: (router: Router) => unknown;
  /** `"http2"`: the real engine over a pipe of bytes; `"memory"`, the default: exchanges are handed over without HTTP/2. */
  readonly transport?: InMemoryTransport;
  /** Stands between the transport and the server: sees, changes or answers exchanges. Default: the server alone. */
  readonly acceptor?: (server: ExchangeAcceptor) => ExchangeAcceptor;
  /** Default: one of its own. */
  readonly runtime?: VirtualRuntime;
  /** The pipe under HTTP/2: latency, cut reads. */
  readonly pipe?: MemoryPipeOptions;
  /** The connection without HTTP/2: how many exchanges, how much credit. */
  readonly memory?: Omit<MemoryConnectionOptions, "runtime">;
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
  /** What the next connections meet. `"up"` at first. */
  reachable: Reachability;
  /** Connections that were begun so far. */
  readonly dials: number;
  /** Breaks every open connection, as a network does. */
  cut(): void;
  /** Begins the server's bounded shutdown; who dials from now on is refused. */
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
  const line: Line = { options, runtime, server: options.acceptor?.(server) ?? server, owner: server, pipes: [], cuts: new Set() };
  const world: World = { runtime, server, logs, pipes: line.pipes, reachable: "up", dials: 0, channel: undefined as never, cut, shutDown };
  const channel = new Channel({
    runtime,
    connector(events) {
      world.dials++;
      if (world.reachable !== "up") return new FailedConnection(runtime, events, world.reachable);
      return options.transport === "http2" ? connectHttp2(line, events) : connectPlainly(line, events);
    },
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
  world.channel = channel;
  return world;

  function cut(): void {
    for (const cutOne of line.cuts) cutOne();
  }

  function shutDown(graceMs: number): Promise<ShutdownReport> {
    world.reachable = "refused";
    const shutdown = new Shutdown(server, runtime, () => Promise.resolve());
    shutdown.within(graceMs);
    return shutdown.done;
  }
}

type World = { -readonly [Name in keyof InMemory]: InMemory[Name] };

/** What connections are made with, and who can break them. */
interface Line {
  readonly options: InMemoryOptions;
  readonly runtime: VirtualRuntime;
  readonly server: ExchangeAcceptor;
  readonly owner: Server;
  readonly pipes: MemoryPipe[];
  readonly cuts: Set<() => void>;
}

const CUT = "the connection was cut";

function connectHttp2({ options, runtime, server, owner, pipes, cuts }: Line, events: ClientConnectionEvents): ClientConnection {
  const pipe = memoryPipe(runtime, options.pipe);
  const cut = () => pipe.cut(CUT);
  pipes.push(pipe);
  cuts.add(cut);
  const shared = { runtime, outputPool: new OutputPool(), windowBudget: new WindowBudget() };
  const serverSide = { ...shared, limits: resolveLimits("server", options.serverLimits) };
  const accepted: ServerConnection = acceptConnection(pipe.server, serverSide, server, {
    onClosed: () => {
      cuts.delete(cut);
      owner.removeConnection(accepted);
    },
  });
  owner.addConnection(accepted);
  return makeClientConnection(pipe.client, { ...shared, limits: resolveLimits("client", options.clientLimits) }, events);
}

function connectPlainly({ options, runtime, server, owner, cuts }: Line, events: ClientConnectionEvents): ClientConnection {
  const connection = connectInMemory({ ...options.memory, runtime }, events, server, {
    onClosed: () => {
      cuts.delete(cut);
      owner.removeConnection(connection.server);
    },
  });
  const cut = () => connection.server.destroy(CUT);
  cuts.add(cut);
  owner.addConnection(connection.server);
  return connection.client;
}

/** A connection that never comes up. */
class FailedConnection implements ClientConnection {
  readonly peer: Peer = { address: "memory", encrypted: false };
  readonly capacity = 0;
  readonly openExchanges = 0;
  readonly #runtime: VirtualRuntime;
  readonly #events: ClientConnectionEvents;
  #closed = false;

  constructor(runtime: VirtualRuntime, events: ClientConnectionEvents, how: Reachability) {
    this.#runtime = runtime;
    this.#events = events;
    if (how === "refused") this.#close({ initiator: "network", code: ErrorCode.CONNECT_ERROR, message: "connection refused by memory" });
  }

  open(): never {
    throw new UsageError("open() on a connection without capacity");
  }

  drain(): void {
    this.destroy("client is closing");
  }

  destroy(message: string): void {
    this.#close({ initiator: "application", code: ErrorCode.CANCEL, message });
  }

  #close(end: ConnectionEnd): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#runtime.soon(() => this.#events.onClosed(end));
  }
}
