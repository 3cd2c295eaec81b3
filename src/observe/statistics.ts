/** What a server holds at this moment, 0 once everything has ended; and what it has counted since the start. */
export interface ServerStatistics {
  readonly openConnections: number;
  /** HTTP exchanges that are open, refused ones included. */
  readonly openStreams: number;
  /** Calls whose transport has not ended. */
  readonly openCalls: number;
  /** Handlers that have not come to rest, whether or not their call has ended. */
  readonly runningHandlers: number;
  /** Handlers that still run 5 s after their call has ended. */
  readonly strayHandlers: number;
  /** Running timers of the process that holds this server: shared with its channels. */
  readonly timers: number;
  /** Calls since the start. */
  readonly totalCalls: number;
  /** Calls that ended by `idleTimeoutMs` of this side, since the start. */
  readonly idleTimeouts: number;
  /** Handlers that were found to run 5 s after their call had ended, since the start. */
  readonly strayHandlersTotal: number;
  /** Handlers that came to rest since the start. */
  readonly settledHandlers: number;
}

/** What a channel holds at this moment, 0 once everything has ended; and what it has counted since the start. */
export interface ChannelStatistics {
  readonly openConnections: number;
  readonly openStreams: number;
  readonly openCalls: number;
  /** Calls that wait for a connection. */
  readonly waitingCalls: number;
  /** Running timers of the process that holds this channel: shared with its servers. */
  readonly timers: number;
  readonly totalCalls: number;
  /** Calls that ended by `idleTimeoutMs` of this side, since the start. */
  readonly idleTimeouts: number;
  /** Streams that were cancelled since their handles were collected before they had ended, since the start. */
  readonly abandonedStreams: number;
}
