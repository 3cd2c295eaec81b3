import { ErrorCode } from "../../base/error-code.js";
import { connectionFault, type Fault } from "../fault.js";

/** What our PINGs are for, told by their payloads. */
export const PingPurpose = { unknown: 0, bandwidth: 1, drain: 2, keepalive: 3 } as const;

/** grpc-go's payloads, so that those who read traces know them. */
const PAYLOADS: readonly Uint8Array[] = [
  Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0),
  Uint8Array.of(2, 4, 16, 16, 9, 14, 7, 7),
  Uint8Array.of(1, 6, 1, 8, 0, 3, 3, 9),
  Uint8Array.of(0x73, 0x6c, 0x75, 0x69, 0x63, 0x65, 0, 1),
];

export function pingPayload(purpose: number): Uint8Array {
  return PAYLOADS[purpose] as Uint8Array;
}

/** Which of ours an acknowledgement answers. */
export function pingPurpose(bytes: Uint8Array, start: number): number {
  for (let purpose = PAYLOADS.length - 1; purpose > 0; purpose--) {
    const payload = PAYLOADS[purpose] as Uint8Array;
    if (payload.every((byte, i) => byte === bytes[start + i])) return purpose;
  }
  return PingPurpose.unknown;
}

/** How many PINGs that come too fast are forgiven. */
const MAX_STRIKES = 2;

/**
 * Whether a client pings a server too often: grpc-go's mechanism. A PING that follows the one before in less than the least interval is
 * a strike; one strike too many ends the connection. Whatever the server sends in between is a reason to ping and wipes the slate.
 */
export class PingEnforcement {
  readonly #minIntervalMs: number;
  #strikes = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #sent = 0;

  constructor(minIntervalMs: number) {
    this.#minIntervalMs = minIntervalMs;
  }

  /** A PING has arrived. `sent`: how many HEADERS and DATA frames we have sent so far. */
  ping(sent: number, now: number): Fault | undefined {
    if (sent !== this.#sent) {
      this.#sent = sent;
      this.#strikes = 0;
      this.#lastAt = Number.NEGATIVE_INFINITY;
    }
    if (now - this.#lastAt < this.#minIntervalMs) this.#strikes++;
    this.#lastAt = now;
    return this.#strikes > MAX_STRIKES ? connectionFault(ErrorCode.ENHANCE_YOUR_CALM, "too_many_pings") : undefined;
  }
}
