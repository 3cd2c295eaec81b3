/** One call that a shutdown cut off: it was still open when the grace was over. */
export interface CutOffCall {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** The address of the other side; undefined for a client's call that had no connection. */
  readonly peer: string | undefined;
  /** How old the call was, in ms. */
  readonly ageMs: number;
  /** On a server: the handler had not come to rest when the shutdown was over. It did not heed `ctx.signal`, and may run on. */
  readonly handlerRunning: boolean;
}

/** What a shutdown, of a server or of a channel, had to cut off. */
export interface ShutdownReport {
  /** The oldest first; empty when every call had ended within the grace. */
  readonly cutOff: readonly CutOffCall[];
}
