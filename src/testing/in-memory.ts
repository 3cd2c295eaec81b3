/// <reference lib="esnext.disposable" preserve="true" />
import type { DescService } from "@bufbuild/protobuf";
import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Fields } from "../base/field.js";
import { badOption, durationOption, integerOption } from "../base/usage-error.js";
import { type CallLimitOptions, type CallLimits, resolveCallLimits } from "../call/limits.js";
import { Shutdown } from "../call/shutdown.js";
import { Channel, type ChannelParts } from "../client/channel/channel.js";
import { type ConnectionCheck, withCheck } from "../client/channel/checked-connection.js";
import { type Client, createClient } from "../client/client.js";
import type { ClientOptions } from "../client/client-options.js";
import { clientProtocolNamed, type ProtocolName, type TripleUnary } from "../client/protocol-name.js";
import type { ClientProtocol, Target } from "../exchange/client-protocol.js";
import type { ExchangeAcceptor } from "../exchange/connection.js";
import type { Http2LimitOptions } from "../http2/index.js";
import type { LogEvent } from "../observe/log.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import { grpcClient } from "../protocol/grpc/index.js";
import type { Compression } from "../rpc/compression.js";
import { jsonCodec } from "../rpc/json-codec.js";
import type { Method } from "../rpc/method.js";
import { protoCodec } from "../rpc/proto-codec.js";
import type { ServerInterceptor } from "../server/interceptor.js";
import { serverProtocols } from "../server/protocols.js";
import { Router } from "../server/router.js";
import { Server } from "../server/server.js";
import type { MemoryConnectionOptions } from "../transport/memory/memory-end.js";
import { type Carrier, handedOver, overHttp2 } from "./carrier.js";
import { leaks } from "./leak-check.js";
import type { MemoryPipe, MemoryPipeOptions } from "./memory-byte-stream.js";
import { ScriptedClient } from "./scripted/scripted-client.js";
import { type Script, ScriptedServer } from "./scripted/scripted-server.js";
import { VirtualRuntime } from "./virtual-runtime.js";
import { type Reachability, WorldConnections } from "./world-connections.js";
import { WorldNetwork } from "./world-network.js";

/** What runs between the two ends; a {@link Carrier} of your own for anything else that carries exchanges. */
export type InMemoryTransport = "memory" | "http2" | Carrier;

/** Options of {@link inMemory}. */
export interface InMemoryOptions extends CallLimitOptions {
  /** Registers the services: `(r) => r.service(Chat, chat)`. */
  readonly routes?: ((router: Router) => unknown) | undefined;
  /** Instead of `routes`: answers every call as a test says, at the level of HTTP. */
  readonly script?: Script | undefined;
  /**
   * `"http2"`: the real engine over a line that carries bytes; `"memory"`: exchanges are handed over without HTTP/2, which is quicker.
   * Default: `"http2"` when `network` is given, else `"memory"`.
   */
  readonly transport?: InMemoryTransport | undefined;
  /** What the first client speaks, and all others unless they say otherwise. Default `"grpc"`. */
  readonly protocol?: ProtocolName | undefined;
  /** With the protocol `"triple"`: the form of unary calls. Default `"grpc"`. */
  readonly tripleUnary?: TripleUnary | undefined;
  /** The line under HTTP/2, at first: latency, bandwidth, cut reads. Default: at once and whole. */
  readonly network?: MemoryPipeOptions | undefined;
  /** Where the sequence of everything random starts: where reads are cut, the jitter of back-off. Default 1. */
  readonly seed?: number | undefined;
  /** The clock, to share it with other worlds. Default: one of its own, that begins at 0. */
  readonly runtime?: VirtualRuntime | undefined;
  /** Stands between the transport and the server: sees, changes or answers exchanges. Default: the server alone. */
  readonly acceptor?: ((server: ExchangeAcceptor) => ExchangeAcceptor) | undefined;
  /** The connection without HTTP/2: how many exchanges, how much credit. */
  readonly memory?: Omit<MemoryConnectionOptions, "runtime"> | undefined;
  /** The limits of the HTTP/2 engine on the server. */
  readonly serverLimits?: Http2LimitOptions | undefined;
  /** The limits of the HTTP/2 engine on the clients. */
  readonly clientLimits?: Http2LimitOptions | undefined;
  /** Run around every handler, the first outermost. */
  readonly serverInterceptors?: readonly ServerInterceptor[] | undefined;
  /** What both ends understand, best first. Default: none. */
  readonly compressions?: readonly Compression[] | undefined;
  /** What responses are compressed with. Default: none. */
  readonly responseCompressions?: readonly Compression[] | undefined;
  /** Log every call that ends badly, on both sides. Default false. */
  readonly logFailedCalls?: boolean | undefined;
  /** Whether connections of the first channel should be used: `healthCheck()` of `sluice/services`. Default: those that are up. */
  readonly healthCheck?: ConnectionCheck | undefined;
  /** Any other part of the first channel: `interceptors`, `timeoutMs`, `backoff`, `picker`. */
  readonly channel?: Partial<ChannelParts> | undefined;
}

/** Heads of requests are the same in all worlds: many short ones need not make them again. */
const heads = new WeakMap<Method, Fields>();

const PROTOCOL: ClientProtocol = {
  ...grpcClient,
  requestHead(target, method, encoding) {
    const plain = target === TARGET && encoding.codec === "proto" && encoding.send === "identity" && encoding.accept.length === 0;
    if (!plain) return grpcClient.requestHead(target, method, encoding);
    let head = heads.get(method);
    if (head === undefined) heads.set(method, (head = grpcClient.requestHead(target, method, encoding)));
    return head;
  },
};

const TARGET: Target = { scheme: "http", authority: "memory" };

/** How long `close()` of a world lets the virtual time run for what ends by itself: a peer that is asked to close has 5 s. */
const CLOSING_MS = 30_000;
/** How long `settle()` waits by default, in virtual time. */
const SETTLE_MS = 3_600_000;

/**
 * A server and its clients in this process, on one virtual clock: no socket, no port, no real time. Time stands still unless `advance` or
 * `settle` move it. `close()`, or leaving an `await using` block, ends it and rejects when something is left over.
 */
export class InMemory implements AsyncDisposable {
  readonly runtime: VirtualRuntime;
  /** The channel that {@link client} uses. */
  readonly channel: Channel;
  readonly server: Server;
  /** What was logged, by both sides. */
  readonly logs: readonly LogEvent[];
  /** Latency, bandwidth, stalls. */
  readonly network: WorldNetwork;
  private readonly options: InMemoryOptions;
  private readonly limits: CallLimits;
  private readonly connections: WorldConnections;
  private readonly channels: Channel[] = [];
  private readonly scriptedClients: ScriptedClient[] = [];
  private scriptFailure: Error | undefined = undefined;
  private readonly log: (event: LogEvent) => void;
  private readonly timersBefore: number;
  private shutdown: Shutdown | undefined = undefined;

  constructor(options: InMemoryOptions) {
    const { transport = options.network === undefined ? "memory" : "http2" } = options;
    const { routes, script } = options;
    if (script !== undefined && typeof script !== "function") badOption("script", script, "a function that answers a call");
    if (script !== undefined && routes !== undefined) badOption("script", script, "left out where there are routes");
    if (script === undefined && typeof routes !== "function") badOption("routes", routes, "a function that registers services");
    if (transport !== "memory" && transport !== "http2" && typeof transport !== "function") {
      badOption("transport", transport, '"memory", "http2" or a carrier');
    }
    const http2 = transport === "http2";
    if (!http2 && options.network !== undefined) badOption("network", options.network, 'left out where the transport is not "http2"');
    this.options = options;
    this.runtime = options.runtime ?? new VirtualRuntime({ seed: integerOption("seed", options.seed ?? 1, 0, 2 ** 32 - 1) });
    this.timersBefore = this.runtime.timers.size;
    const logs: LogEvent[] = [];
    this.logs = logs;
    this.log = (event) => void logs.push(event);
    this.network = new WorldNetwork(this.runtime, options.network, http2);
    this.limits = resolveCallLimits(options);
    const router = new Router(this.limits);
    routes?.(router);
    this.server = new Server({
      runtime: this.runtime,
      router,
      protocols: serverProtocols,
      codecs: [protoCodec, jsonCodec],
      compressions: options.compressions ?? [],
      responseCompressions: options.responseCompressions ?? [],
      interceptors: options.serverInterceptors ?? [],
      log: this.log,
      logFailedCalls: options.logFailedCalls ?? false,
    });
    this.connections = new WorldConnections({
      runtime: this.runtime,
      carrier: this.carrierOf(transport),
      acceptor: script === undefined ? (options.acceptor?.(this.server) ?? this.server) : this.scripted(script),
      keeper: this.server,
    });
    this.channel = this.connect(options.channel, options.healthCheck);
  }

  private carrierOf(transport: InMemoryTransport): Carrier {
    const { memory, serverLimits, clientLimits } = this.options;
    if (typeof transport === "function") return transport;
    return transport === "http2" ? overHttp2(this.network, serverLimits, clientLimits) : handedOver(memory);
  }

  // ---- clients

  /** A typed client of a service, on {@link channel}. */
  client<Service extends DescService>(service: Service, options?: ClientOptions): Client<Service> {
    return createClient(service, this.channel, options);
  }

  /** One more channel to the server: another client, with connections of its own. */
  connect(parts?: Partial<ChannelParts>, healthCheck?: ConnectionCheck): Channel {
    const { options, runtime, connections, log } = this;
    const { protocol = "grpc", tripleUnary } = options;
    // every part has its place, so that those that are given are only written over
    const all: ChannelParts = {
      runtime,
      connector: (events) => connections.connect(channel, events),
      target: TARGET,
      protocol: protocol === "grpc" ? () => PROTOCOL : clientProtocolNamed(protocol, { codec: parts?.codec?.name ?? "proto", tripleUnary }),
      codec: protoCodec,
      compressions: options.compressions ?? [],
      compression: undefined,
      limits: this.limits,
      timeoutMs: Number.POSITIVE_INFINITY,
      interceptors: [],
      maxConnections: 8,
      backoff: {},
      picker: undefined,
      log,
      callSites: undefined,
      logFailedCalls: options.logFailedCalls ?? false,
    };
    const channel: Channel = new Channel(withCheck(parts === undefined ? all : Object.assign(all, parts), healthCheck));
    this.channels.push(channel);
    return channel;
  }

  /** A connection to the server on which nothing is sent but what the test says. */
  scriptedClient(): ScriptedClient {
    const client = new ScriptedClient((events) => this.connections.connect(events, events));
    this.scriptedClients.push(client);
    return client;
  }

  private scripted(script: Script): ScriptedServer {
    return new ScriptedServer(script, (error, path) => {
      this.scriptFailure ??= new Error(`the script of ${path} threw: ${error}`, { cause: error });
    });
  }

  // ---- time

  /** The virtual time, in ms. */
  get now(): number {
    return this.runtime.now();
  }

  /** Resolves when nothing more can happen unless time moves on. */
  idle(): Promise<void> {
    return this.runtime.settle();
  }

  /** Moves time on by so many ms; everything happens at its own time, and what that leads to, before it resolves. */
  advance(ms: number): Promise<void> {
    return this.runtime.advanceAndSettle(durationOption("ms", ms, 0, Number.MAX_SAFE_INTEGER));
  }

  /**
   * What the promise comes to. Time moves on, from one timer to the next, only as long as that takes. Rejects with `UsageError` when the promise
   * waits for ever: nothing is left that could happen within `withinMs` (default one hour of virtual time).
   */
  settle<T>(promise: PromiseLike<T>, options: { readonly withinMs?: number } = {}): Promise<T> {
    return this.runtime.settlePromise(promise, durationOption("withinMs", options.withinMs ?? SETTLE_MS, 0));
  }

  /** Resolves after so many ms of virtual time; rejects with the signal's reason when that aborts first. For handlers. */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
    return this.runtime.sleep(ms, signal);
  }

  // ---- what happens to them

  /** What the next connections meet. `"up"` at first; the open ones stay. */
  get reachable(): Reachability {
    return this.connections.reachable;
  }

  set reachable(how: Reachability) {
    if (how !== "up" && how !== "refused" && how !== "silent") badOption("reachable", how, '"up", "refused" or "silent"');
    this.connections.reachable = how;
  }

  /** Connections that were begun so far. */
  get dials(): number {
    return this.connections.dials;
  }

  /** The pipes of the connections so far, the newest last; none with `"memory"`. */
  get pipes(): readonly MemoryPipe[] {
    return this.network.pipes;
  }

  /** Breaks every open connection, or those of one channel, as a network does: both ends see it at once. */
  cut(channel?: Channel): void {
    this.connections.cut(channel);
  }

  /** The server's connections send GOAWAY: open calls go on, and each connection closes after its last. Who calls now connects anew. */
  goAway(): void {
    this.server.drain();
  }

  /** Begins the server's bounded shutdown (contract C12); who dials from now on is refused. A second call with a shorter time hastens the first. */
  shutDown(graceMs: number): Promise<ShutdownReport> {
    this.reachable = "refused";
    this.shutdown ??= new Shutdown(this.server, this.runtime, () => Promise.resolve());
    this.shutdown.within(durationOption("graceMs", graceMs, 0));
    return this.shutdown.done;
  }

  // ---- the end

  /** What is open now, one line each; empty when every call has ended, every handler has settled and no timer runs. */
  leaks(): string[] {
    const { runtime, timersBefore } = this;
    const statistics = [this.server.statistics(), ...this.channels.map((channel) => channel.statistics())];
    return leaks({ runtime, timersBefore, statistics: statistics.map((counts) => ({ ...counts, timers: 0 })) });
  }

  /**
   * Closes every channel, then the server. Resolves when nothing is left; rejects with an error that names what is, after the 30 s of virtual
   * time in which everything must have ended, or with what a script threw.
   */
  async close(): Promise<void> {
    for (const channel of this.channels) void channel.close();
    for (const client of this.scriptedClients) client.destroy();
    await this.idle();
    void this.shutDown(0);
    await this.idle();
    if (this.leaks().length > 0) await this.advance(CLOSING_MS);
    const left = this.leaks();
    if (this.scriptFailure !== undefined) throw this.scriptFailure;
    if (left.length > 0) throw new Error(`the world is closed and something is left over: ${left.join(", ")}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Connects a client and a server of this process, for tests that need no network and no real time. Throws `UsageError` for a bad option. */
export function inMemory(options: InMemoryOptions): InMemory {
  return new InMemory(options);
}
