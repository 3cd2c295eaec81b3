import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Timer, type TimerTarget } from "../base/timer-wheel.js";
import { nodeRuntime } from "./runtime.js";

/**
 * Sockets that have not got beyond their TLS handshake or, without TLS, their first byte. Who takes too long is closed; when there are
 * too many, who has been here longest.
 */
export class Handshakes implements TimerTarget {
  /** When each must be done, in ms of the runtime's clock; the oldest first, and so in the order of these times. */
  readonly #due: Map<Socket, number> = new Map();
  readonly #timer: Timer = new Timer(this);
  readonly #timeoutMs: number;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get size(): number {
    return this.#due.size;
  }

  add(socket: Socket): void {
    const dueAt = nodeRuntime.now() + this.#timeoutMs;
    this.#due.set(socket, dueAt);
    if (!this.#timer.running) nodeRuntime.timers.start(this.#timer, dueAt);
  }

  /** The socket is through, or closed. */
  delete(socket: Socket): void {
    if (this.#due.delete(socket) && this.#due.size === 0) nodeRuntime.timers.stop(this.#timer);
  }

  /** The handshake of the socket under this one is over. Node does not say which that is; both know the same peer. */
  deleteUnder(tlsSocket: TLSSocket): void {
    for (const socket of this.#due.keys()) {
      if (socket.remotePort !== tlsSocket.remotePort || socket.remoteAddress !== tlsSocket.remoteAddress) continue;
      this.delete(socket);
      return;
    }
  }

  /** Who has been here longest makes room for who has just come. */
  closeOldest(): void {
    const [oldest] = this.#due.keys();
    if (oldest === undefined) return;
    this.delete(oldest);
    oldest.destroy();
  }

  closeAll(): void {
    while (this.#due.size > 0) this.closeOldest();
  }

  onTimer(): void {
    const now = nodeRuntime.now();
    for (const dueAt of this.#due.values()) {
      if (dueAt > now) {
        nodeRuntime.timers.start(this.#timer, dueAt);
        return;
      }
      this.closeOldest();
    }
  }
}
