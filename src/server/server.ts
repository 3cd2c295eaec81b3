import type { Fields } from "../base/field.js";
import type { Call } from "../call/call.js";
import { logFailure } from "../call/failure-log.js";
import { intercept } from "../call/interceptor.js";
import { OpenCalls } from "../call/open-calls.js";
import type { ServerCall } from "../call/server-call.js";
import type { ShutdownSubject } from "../call/shutdown.js";
import { snapshotsOf } from "../call/snapshot.js";
import type { ServerConnection } from "../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../exchange/exchange.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import { type Log, type LogEvent, logTo } from "../observe/log.js";
import type { ServerStatistics } from "../observe/statistics.js";
import { Admission, type AdmissionOwner, type AdmissionParts } from "./admission.js";
import { HandlerContext } from "./handler-context.js";
import type { ServerInterceptor } from "./interceptor.js";
import type { RouteSetup } from "./route.js";
import { runHandler } from "./run-handler.js";
import { STRAY_AFTER_MS, StrayHandlers } from "./stray-handlers.js";

/** What a server is made with. */
export interface ServerParts extends AdmissionParts {
  readonly interceptors: readonly ServerInterceptor[];
  readonly log: Log | undefined;
  /** Tell the log of every call that ends badly. Default false. */
  readonly logFailedCalls?: boolean;
}

/**
 * Takes exchanges of any transport, finds their protocol and method, and runs their calls. Knows every open call and connection, and
 * ends them at a shutdown.
 */
export class Server implements AdmissionOwner, ShutdownSubject {
  private readonly parts: ServerParts;
  readonly shutdownMessage: string = "the server is shutting down";
  private readonly open = new OpenCalls();
  private readonly connections = new Set<ServerConnection>();
  private readonly admission: Admission;
  private runningHandlers = 0;
  private settledHandlers = 0;
  private totalCalls = 0;
  private idleTimeouts = 0;
  private readonly strays: StrayHandlers;
  /** Told when a call or a handler has ended: a shutdown that waits. */
  private onQuiet: (() => void) | undefined = undefined;

  constructor(parts: ServerParts) {
    this.parts = parts;
    this.strays = new StrayHandlers(parts.runtime, this.strayFound);
    this.admission = new Admission(parts, this);
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

  /** Tells the services that watch for it. */
  announce(): void {
    for (const error of this.parts.router.tellShutdown()) {
      const message = "a listener of the shutdown threw";
      logTo(this.parts.log, { level: "error", event: "shutdown-listener-failed", message, error });
    }
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
    return this.admission.onExchange(exchange, head, end);
  }

  admitted(call: ServerCall): void {
    this.totalCalls++;
    this.open.add(call);
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
