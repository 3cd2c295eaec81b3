import type { Agent } from "node:http";
import type { Socket } from "node:net";
import { ErrorCode } from "../../base/error-code.js";
import type { Initiator } from "../../base/initiator.js";
import type { Peer } from "../../base/peer.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import { UsageError } from "../../base/usage-error.js";
import type { ClientConnection, ClientConnectionEvents } from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import type { OpeningSocket, SocketOpener } from "../dial.js";
import { nodeRuntime } from "../runtime.js";
import { socketFailure } from "../socket-failure.js";
import { NodeClientExchange } from "./client-exchange.js";
import { httpModule } from "./http-module.js";

/** A request that goes out so shortly before the server closes an idle connection may be lost. */
const SAFETY_MS = 1_000;
/**
 * How long a connection waits for its first request. Servers close one that does not send it, many after 5 s, and do not say when; a
 * request that goes out at that moment is lost.
 */
const FIRST_REQUEST_MS = 2_000;

/** One connection of HTTP/1.1, kept alive: one exchange at a time. The channel that makes several is the pool. */
export class Http1ClientConnection implements ClientConnection, TimerTarget {
  peer: Peer;
  private readonly opening: OpeningSocket;
  private readonly socket: Socket;
  private readonly events: ClientConnectionEvents;
  private readonly agent: Agent;
  /** For the end of connecting first, then for the time at which the server may close an idle connection. */
  private readonly timer = new Timer(this);
  private readonly firstRequestMs: number;
  private exchange: NodeClientExchange | undefined = undefined;
  private ready = false;
  /** When the connection is given up unless it has carried a request: set once it is up. */
  private firstRequestBy = 0;
  private used = false;
  /** The socket carries no request, and may carry the next. */
  private free = false;
  private draining = false;
  private closed = false;
  private initiator: Initiator = "network";
  private message: string | undefined = undefined;
  /** How long the server keeps an idle connection, as it says. */
  private keptAliveMs = Number.POSITIVE_INFINITY;

  constructor(open: SocketOpener, connectTimeoutMs: number, events: ClientConnectionEvents, firstRequestMs: number = FIRST_REQUEST_MS) {
    this.events = events;
    this.firstRequestMs = firstRequestMs;
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
      if (this.exchange === undefined) this.socket.destroy();
    });
    socket.on("close", () => this.onClose());
    if (connectTimeoutMs !== Number.POSITIVE_INFINITY) nodeRuntime.timers.start(this.timer, nodeRuntime.now() + connectTimeoutMs);
  }

  private onReady(): void {
    nodeRuntime.timers.stop(this.timer);
    this.peer = this.opening.peerNow();
    this.ready = true;
    this.free = true;
    this.firstRequestBy = nodeRuntime.now() + this.firstRequestMs;
    this.rest();
    this.events.onReady();
  }

  get capacity(): number {
    return this.free && !this.draining && !this.socket.destroyed ? 1 : 0;
  }

  get openExchanges(): number {
    return this.exchange === undefined ? 0 : 1;
  }

  open(events: ExchangeEvents): Exchange {
    if (this.capacity === 0) throw new UsageError("open() on a connection without capacity");
    nodeRuntime.timers.stop(this.timer);
    this.socket.ref();
    this.free = false;
    this.exchange = new NodeClientExchange(this, this.agent, events);
    return this.exchange;
  }

  /** The server has said for how long it keeps the connection when it is idle. */
  keptAlive(ms: number): void {
    this.keptAliveMs = ms;
  }

  /** The exchange has ended. `unused`: nothing of it was sent. */
  released(unused: boolean): void {
    this.exchange = undefined;
    if (unused) this.onFree();
    else this.used = true;
  }

  /** The response is whole and the socket goes on. */
  private onFree(): void {
    // a server that closes the connection after its response does so at once: its end is heard of before the next request goes out
    nodeRuntime.later(() => this.setFree());
  }

  private setFree(): void {
    if (this.closed || this.free || this.exchange !== undefined || this.socket.destroyed) return;
    this.free = true;
    if (this.draining) {
      this.endSocket();
      return;
    }
    this.rest();
    this.events.onCapacity();
  }

  /** An idle connection keeps no process alive, and is not used for longer than the server keeps it. */
  private rest(): void {
    this.socket.unref();
    const until = this.used ? nodeRuntime.now() + Math.max(1, this.keptAliveMs - SAFETY_MS) : this.firstRequestBy;
    if (until < Number.POSITIVE_INFINITY) nodeRuntime.timers.start(this.timer, until);
  }

  onTimer(): void {
    if (this.ready) this.drain();
    else this.fail("network", `${this.peer.address} did not accept the connection in time`);
  }

  drain(): void {
    if (this.draining) return;
    this.draining = true;
    nodeRuntime.soon(() => {
      if (!this.closed) this.events.onDraining();
    });
    if (!this.ready) this.fail("application", "client closed the connection");
    else if (this.exchange === undefined) this.endSocket();
  }

  private endSocket(): void {
    nodeRuntime.timers.stop(this.timer);
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
    this.message ??= socketFailure(error, { address: this.peer.address, ...(serverName === undefined ? {} : { serverName }) });
  }

  private onClose(): void {
    if (this.closed) return;
    this.closed = true;
    this.free = false;
    this.draining = true;
    nodeRuntime.timers.stop(this.timer);
    this.message ??= this.ready
      ? `${this.peer.address} closed the connection`
      : `${this.peer.address} closed the connection before it was up`;
    this.exchange?.lose(this.initiator, this.message);
    this.agent.destroy();
    this.events.onClosed({ initiator: this.initiator, code: ErrorCode.NO_ERROR, message: this.message });
  }
}
