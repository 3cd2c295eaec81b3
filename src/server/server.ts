import { FieldKind, type Fields } from "../base/field.js";
import type { Runtime } from "../base/runtime.js";
import type { Call } from "../call/call.js";
import { logFailure } from "../call/failure-log.js";
import { intercept } from "../call/interceptor.js";
import { OpenCalls } from "../call/open-calls.js";
import { ServerCall, type ServerCallOwner } from "../call/server-call.js";
import type { ShutdownSubject } from "../call/shutdown.js";
import { snapshotsOf } from "../call/snapshot.js";
import type { ServerConnection } from "../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";
import type { Refusal, RequestHead, ServerProtocol } from "../exchange/server-protocol.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import { type Log, type LogEvent, logTo } from "../observe/log.js";
import type { ServerStatistics } from "../observe/statistics.js";
import { CodeNumber } from "../rpc/code.js";
import type { Codec } from "../rpc/codec.js";
import type { Compression } from "../rpc/compression.js";
import { chooseCompression } from "../rpc/compression-list.js";
import { statusOf } from "../rpc/status.js";
import { HandlerContext } from "./handler-context.js";
import type { ServerInterceptor } from "./interceptor.js";
import { RefusedExchange } from "./refused-exchange.js";
import type { RouteSetup } from "./route.js";
import type { Router } from "./router.js";
import { runHandler } from "./run-handler.js";
import { STRAY_AFTER_MS, StrayHandlers } from "./stray-handlers.js";

/** A time-out below this (50 µs) is over before any handler could answer. */
const LEAST_TIMEOUT_MS = 0.05;

const NEEDS_HTTP2 = "gRPC ends its calls with trailers, which need HTTP/2 end to end; use HTTP/2, or the protocol gRPC-Web or Connect";

/** What a server is made with. */
export interface ServerParts {
  readonly runtime: Runtime;
  readonly router: Router;
  readonly protocols: readonly ServerProtocol[];
  readonly codecs: readonly Codec[];
  /** What requests may be compressed with, best first. */
  readonly compressions: readonly Compression[];
  /** What responses are compressed with where the client accepts it, best first; none: they are not. */
  readonly responseCompressions: readonly Compression[];
  readonly interceptors: readonly ServerInterceptor[];
  readonly log: Log | undefined;
  /** Tell the log of every call that ends badly. Default false. */
  readonly logFailedCalls?: boolean;
}

/**
 * Takes exchanges of any transport, finds their protocol and method, and runs their calls. Knows every open call and connection, and
 * ends them at a shutdown.
 */
export class Server implements ServerCallOwner, ShutdownSubject {
  private readonly parts: ServerParts;
  readonly shutdownMessage: string = "the server is shutting down";
  private readonly open = new OpenCalls();
  private readonly connections = new Set<ServerConnection>();
  private readonly codecs: ReadonlyMap<string, Codec>;
  private readonly compressions: ReadonlyMap<string, Compression>;
  private readonly compressionNames: readonly string[];
  private readonly expiredAnswers = new Map<string, Refusal>();
  /** The last request's HTTP method and content-type, and the protocol that they mean: they are the same again and again. */
  private lastHttpMethod = "";
  private lastContentType = "";
  private lastProtocol: ServerProtocol;
  private runningHandlers = 0;
  private settledHandlers = 0;
  private totalCalls = 0;
  private idleTimeouts = 0;
  private readonly strays: StrayHandlers;
  /** Told when a call or a handler has ended: a shutdown that waits. */
  private onQuiet: (() => void) | undefined = undefined;

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.lastProtocol = parts.protocols[0] as ServerProtocol;
    this.strays = new StrayHandlers(parts.runtime, this.strayFound);
    this.codecs = new Map(parts.codecs.map((codec) => [codec.name, codec]));
    this.compressions = new Map(parts.compressions.map((compression) => [compression.name, compression]));
    this.compressionNames = [...this.compressions.keys()];
  }

  statistics(): ServerStatistics {
    let openStreams = 0;
    for (const connection of this.connections) openStreams += connection.openExchanges;
    return {
      openConnections: this.connections.size,
      openStreams,
      openCalls: this.open.size,
      runningHandlers: this.runningHandlers,
      timers: this.parts.runtime.timers.size,
      totalCalls: this.totalCalls,
      idleTimeouts: this.idleTimeouts,
      strayHandlers: this.strays.size,
      strayHandlersTotal: this.strays.total,
      settledHandlers: this.settledHandlers,
    };
  }

  /** The open calls at this moment, and before them those whose handlers run on after their end; the oldest first. */
  calls(): CallSnapshot[] {
    return snapshotsOf([...this.open.snapshot(), ...this.strays.snapshot()], "server");
  }

  // ---- connections

  addConnection(connection: ServerConnection): void {
    this.connections.add(connection);
  }

  removeConnection(connection: ServerConnection): void {
    this.connections.delete(connection);
    this.onQuiet?.();
  }

  /** Tells every connection to go elsewhere, and every handler that listens. */
  drain(): readonly Call[] {
    for (const connection of this.connections) connection.drain();
    return [];
  }

  /** Resolves when the last connection has closed. */
  whenQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.onQuiet = () => {
        if (this.connections.size > 0) return;
        this.strays.close();
        resolve();
      };
      this.onQuiet();
    });
  }

  openCalls(): readonly Call[] {
    return this.open.snapshot();
  }

  destroyConnections(message: string): void {
    for (const connection of this.connections) connection.destroy(message);
  }

  // ---- exchanges

  /** See `ExchangeAcceptor`. */
  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    const protocol = this.protocolOf(head);
    if (protocol.adapt !== undefined) return protocol.adapt(exchange, (adapted) => this.onRequest(adapted, protocol, head, end));
    return this.onRequest(exchange, protocol, head, end);
  }

  private onRequest(exchange: Exchange, protocol: ServerProtocol, head: Fields, end: boolean): ExchangeEvents {
    const request = protocol.readRequest(head, end);
    if (request.kind === "refusal") return this.refuse(exchange, request, end);
    if (protocol.needsTrailers && !exchange.fullDuplex) return this.refuseEarly(exchange, protocol, NEEDS_HTTP2, request.codec, end);
    const route = this.parts.router.find(request.path);
    const codec = this.codecs.get(request.codec);
    if (route === undefined || codec === undefined) return this.refuseUnimplemented(exchange, protocol, request, end);
    const refusal = protocol.refuseMethod(route.parts.method, request);
    if (refusal !== undefined) return this.refuse(exchange, refusal, end);
    if (request.timeoutMs < LEAST_TIMEOUT_MS) return this.refuseExpired(exchange, protocol, request.codec, end);
    const setup = route.setup(protocol, codec, this.parts.runtime, this);
    const call = new ServerCall(setup, route.parts.limits, exchange, protocol.requestMetadata(request.fields));
    if (request.compression !== "identity") {
      call.receiveCompression = this.compressions.get(request.compression);
      if (call.receiveCompression === undefined) {
        return this.refuse(exchange, protocol.refuseCompression(request, this.compressionNames), end);
      }
    }
    const { responseCompressions } = this.parts;
    if (responseCompressions.length > 0) call.sendCompression = chooseCompression(request.acceptCompression, responseCompressions);
    this.totalCalls++;
    this.open.add(call);
    call.start(request.timeoutMs, end, request.message);
    return call;
  }

  /** The protocol whose content-type it is; the first one answers what is of none. */
  private protocolOf(head: Fields): ServerProtocol {
    let httpMethod = "";
    let contentType = "";
    for (const { kind, value } of head) {
      if (kind === FieldKind.contentType) contentType = value;
      else if (kind === FieldKind.method) httpMethod = value;
    }
    if (contentType !== this.lastContentType || httpMethod !== this.lastHttpMethod) {
      const { protocols } = this.parts;
      this.lastHttpMethod = httpMethod;
      this.lastContentType = contentType;
      this.lastProtocol = protocols.find((protocol) => protocol.accepts(httpMethod, contentType)) ?? (protocols[0] as ServerProtocol);
    }
    return this.lastProtocol;
  }

  private refuse(exchange: Exchange, refusal: Refusal, end: boolean): ExchangeEvents {
    const refused = new RefusedExchange(exchange, this.parts.runtime);
    refused.answer(refusal.fields, refusal.body, end);
    return refused;
  }

  private refuseEarly(exchange: Exchange, protocol: ServerProtocol, because: string, codec: string, end: boolean): ExchangeEvents {
    return this.refuse(exchange, protocol.refuse(statusOf(CodeNumber.unimplemented, because), codec), end);
  }

  private refuseUnimplemented(exchange: Exchange, protocol: ServerProtocol, request: RequestHead, end: boolean): ExchangeEvents {
    return this.refuseEarly(exchange, protocol, this.parts.router.whyMissing(request.path), request.codec, end);
  }

  /** The time for the call was over before it came. The answer is made once: such requests may come by the thousand. */
  private refuseExpired(exchange: Exchange, protocol: ServerProtocol, codec: string, end: boolean): ExchangeEvents {
    const key = `${protocol.name} ${codec}`;
    let answer = this.expiredAnswers.get(key);
    if (answer === undefined) {
      const status = statusOf(CodeNumber.deadline_exceeded, "the deadline of the call had passed when it came");
      answer = protocol.refuse(status, codec);
      this.expiredAnswers.set(key, answer);
    }
    return this.refuse(exchange, answer, end);
  }

  // ---- calls

  runHandler(call: ServerCall): void {
    this.runningHandlers++;
    const { handler, interceptors, earlyHeaders } = (call.setup as RouteSetup).route.parts;
    const context = new HandlerContext(call);
    const early = earlyHeaders && call.setup.method.kind === "server-stream";
    const around = this.parts.interceptors;
    if (around.length === 0 && interceptors.length === 0) {
      runHandler(call, handler, context, early, this.handlerFailed);
      return;
    }
    let begun = false;
    const begin = () => {
      begun = true;
      runHandler(call, handler, context, early, this.handlerFailed);
    };
    // a call that ends before its handler has begun has no handler to wait for
    call.whenEnded(() => {
      if (!begun) call.handlerSettled();
    });
    intercept([...around, ...interceptors], context, call, begin, (error) => this.interceptorFailed(call, error));
  }

  handlerSettled(call: ServerCall): void {
    this.strays.delete(call);
    this.runningHandlers--;
    this.settledHandlers++;
  }

  interceptorFailed(call: ServerCall, error: unknown): void {
    this.logError("interceptor-failed", "an interceptor threw what is no RpcError, or threw after the call had begun", call, error);
  }

  timedOutIdle(): void {
    this.idleTimeouts++;
  }

  released(call: ServerCall): void {
    this.open.delete(call);
    if (call.handlerRuns) this.strays.add(call);
    if (this.parts.logFailedCalls === true) logFailure(this.parts.log, call);
  }

  private readonly handlerFailed = (call: ServerCall, error: unknown): void => {
    this.logError("handler-failed", "a handler threw what is no RpcError; the client was told internal, without the text", call, error);
  };

  private readonly strayFound = (call: ServerCall): void => {
    const message = `a handler still runs ${STRAY_AFTER_MS} ms after its call ended; it should end when its context's signal aborts`;
    this.log("warning", "stray-handler", message, call, {});
  };

  private logError(event: string, message: string, call: ServerCall, error: unknown): void {
    this.log("error", event, message, call, { error });
  }

  private log(level: LogEvent["level"], event: string, message: string, call: ServerCall, more: Partial<LogEvent>): void {
    const { setup, exchange, timeline } = call;
    logTo(this.parts.log, { level, event, message, method: setup.method.path, peer: exchange.peer.address, timeline, ...more });
  }
}
