import type { Peer } from "../base/peer.js";
import type { WindowBudget } from "./flow/window-budget.js";
import type { Http2Limits } from "./limits.js";
import type { OutputPool } from "./output/output-pool.js";

/** What a connection is made of. */
export interface Http2ConnectionOptions {
  readonly role: "client" | "server";
  readonly peer: Peer;
  /** From `resolveLimits`. */
  readonly limits: Http2Limits;
  readonly outputPool: OutputPool;
  readonly windowBudget: WindowBudget;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** What a connection holds at the moment. */
export interface Http2ConnectionStatistics {
  readonly openStreams: number;
  /** Concurrency slots that are taken: streams, and handlers that outlive them. */
  readonly slots: number;
  /** Bytes accepted from streams and not yet framed, and framed and not yet handed out. */
  readonly queuedBytes: number;
  readonly outputBytes: number;
  /** What the automatic receive window has come to. */
  readonly windowBytes: number;
}
