import type { Agent } from "node:http";
import type { Socket } from "node:net";
import { ErrorCode } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import { UsageError } from "../../base/usage-error.js";
import type { ClientConnection, ClientConnectionEvents } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import { httpModule } from "../builtin-modules.js";
import type { OpeningSocket, SocketOpener } from "../dial.js";
import { socketFailure } from "../socket-failure.js";
import { NodeClientExchange } from "./client-exchange.js";
import { DEFAULT_HTTP1_CLIENT_LIMITS, type ResolvedHttp1ClientLimits, socketTimeout } from "./limits.js";

/** A request that goes out so shortly before the server closes an idle connection may be lost. */
const SAFETY_MS = 1_000;
/**
 * How long a connection waits for its first request. Servers close one that does not send it, many after 5 s, and do not say when; a
 * request that goes out at that moment is lost.
 */
const FIRST_REQUEST_MS = 2_000;
/** What a server says of how long it keeps an idle connection is believed up to here: what lies between may forget it sooner. */
const MAX_KEPT_ALIVE_MS = 600_000;
/**
 * A connection that has rested for longer sends nothing before the loop has turned: this process may have been busy while the server closed it,
 * and a request that has not begun can go elsewhere.
 */
const RESTED_MS = 10;

/** One connection of HTTP/1.1, kept alive: one exchange at a time. The channel that makes several is the pool. */
export class Http1ClientConnection implements ClientConnection, TimerTarget {
  peer: Peer;
  readonly runtime: Runtime;
  private readonly opening: OpeningSocket;
  private readonly socket: Socket;
  private readonly events: ClientConnectionEvents;
  private readonly agent: Agent;
  /** For the end of connecting first, then for the time at which the server may close an idle connection. */
  private readonly timer = new Timer(this);
  private readonly limits: ResolvedHttp1ClientLimits;
  private exchange: NodeClientExchange | undefined = undefined;
  private ready = false;
  /** It has carried a request since it last rested. */
  private used = false;
  /** Since when, and until when, the connection rests: meaningful while it is free. */
  private restsSince = 0;
  private restsUntil = 0;
  /** The socket carries no request, and may carry the next. */
  private free = false;
  private watchingWrites = false;
  private draining = false;
  private closed = false;
  private initiator: Initiator = "network";
  private message: string | undefined = undefined;
  /** How long the server keeps an idle connection, as it says. */
  private keptAliveMs: number | undefined = undefined;

  constructor(
    open: SocketOpener,
    connectTimeoutMs: number,
    limits: ResolvedHttp1ClientLimits,
    runtime: Runtime,
    events: ClientConnectionEvents,
  ) {
    this.runtime = runtime;
    this.events = events;
    this.limits = limits;
    this.opening = open();
    const { socket } = this.opening;
    this.socket = socket;
    this.peer = this.opening.peer;
    this.agent = new (httpModule().Agent)({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    Object.assign(this.agent, { createConnection: () => socket });
    this.agent.on("free", () => this.onFree());
    socket.setNoDelay(true);
    socket.once(this.opening.readyEvent, () => this.onReady());
    socket.on("error", (error) => this.onError(error));
    // whoever ends an idle connection takes no more requests
    socket.on("end", () => {
      if (this.exchange?.begun !== true) this.socket.destroy();
    });
    socket.on("timeout", () => this.fail("network", `${this.peer.address} read nothing for ${this.limits.writeStallTimeoutMs} ms`));
    socket.on("close", () => this.onClose());
    if (connectTimeoutMs !== Number.POSITIVE_INFINITY) runtime.timers.start(this.timer, runtime.now() + connectTimeoutMs);
  }

  private onReady(): void {
    this.runtime.timers.stop(this.timer);
    this.peer = this.opening.peerNow();
    this.ready = true;
    this.free = true;
    this.rest(Math.min(FIRST_REQUEST_MS, this.limits.idleTimeoutMs ?? FIRST_REQUEST_MS));
    this.events.onReady();
  }

  get capacity(): number {
    return this.free && !this.draining && !this.socket.destroyed && this.runtime.now() < this.restsUntil ? 1 : 0;
  }

  get openExchanges(): number {
    return this.exchange === undefined ? 0 : 1;
  }

  open(events: ExchangeEvents): Exchange {
    if (this.capacity === 0) throw new UsageError("open() on a connection without capacity");
    this.runtime.timers.stop(this.timer);
    this.socket.ref();
    this.free = false;
    const exchange = new NodeClientExchange(this, this.agent, events);
    this.exchange = exchange;
    if (this.runtime.now() - this.restsSince > RESTED_MS) {
      exchange.hold();
      // the end of this turn comes before the loop looks at sockets, the end of the next one after that
      this.runtime.later(() => this.runtime.later(() => this.goOn(exchange)));
    }
    return exchange;
  }

  /** What the loop has seen of the connection's end, it has told by now. */
  private goOn(exchange: NodeClientExchange): void {
    if (!this.socket.destroyed) exchange.goOn();
  }

  /** While a request waits for the server to read. Node tells silence from slowness. */
  watchWrites(on: boolean): void {
    if (this.watchingWrites === on) return;
    this.watchingWrites = on;
    this.socket.setTimeout(on ? socketTimeout(this.limits.writeStallTimeoutMs) : 0);
  }

  /** The server has said for how long it keeps the connection when it is idle. */
  keptAlive(ms: number): void {
    this.keptAliveMs = ms;
  }

  /** The exchange has ended. `unused`: nothing of it was sent. */
  released(unused: boolean): void {
    this.exchange = undefined;
    this.watchWrites(false);
    if (unused) this.onFree();
    else this.used = true;
  }

  /** The response is whole and the socket goes on. */
  private onFree(): void {
    // a server that closes the connection after its response does so at once: its end is heard of before the next request goes out
    this.runtime.later(() => this.setFree());
  }

  private setFree(): void {
    if (this.closed || this.free || this.exchange !== undefined || this.socket.destroyed) return;
    this.free = true;
    if (this.draining) {
      this.endSocket();
      return;
    }
    this.rest(this.used ? this.restMs() : undefined);
    this.events.onCapacity();
  }

  /** An idle connection keeps no process alive, and rests for so long; undefined: for what is left, since nothing has gone out meanwhile. */
  private rest(ms: number | undefined): void {
    this.socket.unref();
    this.used = false;
    if (ms !== undefined) {
      this.restsSince = this.runtime.now();
      this.restsUntil = this.restsSince + ms;
    }
    if (this.restsUntil < Number.POSITIVE_INFINITY) this.runtime.timers.start(this.timer, this.restsUntil);
  }

  /** The server closes it some time after that, where it says when. */
  private restMs(): number {
    const { keptAliveMs, limits } = this;
    if (keptAliveMs === undefined) return limits.idleTimeoutMs ?? DEFAULT_HTTP1_CLIENT_LIMITS.idleTimeoutMs;
    return Math.max(1, Math.min(keptAliveMs - SAFETY_MS, MAX_KEPT_ALIVE_MS, limits.idleTimeoutMs ?? Number.POSITIVE_INFINITY));
  }

  onTimer(): void {
    if (this.ready) this.drain();
    else this.fail("network", `${this.peer.address} did not accept the connection in time`);
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    this.runtime.soon(() => {
      if (!this.closed) this.events.onDraining();
    });
    if (!this.ready) this.fail("application", "client closed the connection");
    else if (this.exchange === undefined) this.endSocket();
  }

  private endSocket(): void {
    this.runtime.timers.stop(this.timer);
    this.initiator = "application";
    this.message ??= "client closed the connection";
    this.socket.destroySoon();
  }

  destroy(message: string): void {
    if (this.closed) return;
    this.fail("application", message);
  }

  private fail(initiator: Initiator, message: string): void {
    this.initiator = initiator;
    this.message ??= message;
    this.exchange?.lose(initiator, message);
    this.socket.destroy();
  }

  private onError(error: Error): void {
    const { serverName } = this.opening;
    this.message ??= socketFailure(error, {
      address: this.peer.address,
      httpVersion: "1.1",
      ...(serverName === undefined ? {} : { serverName }),
    });
  }

  private onClose(): void {
    if (this.closed) return;
    this.closed = true;
    this.free = false;
    this.draining = true;
    this.runtime.timers.stop(this.timer);
    this.message ??= this.ready
      ? `${this.peer.address} closed the connection`
      : `${this.peer.address} closed the connection before it was up`;
    this.exchange?.lose(this.initiator, this.message);
    this.agent.destroy();
    this.events.onClosed({ initiator: this.initiator, code: ErrorCode.NO_ERROR, message: this.message });
  }
}
