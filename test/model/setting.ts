export type Kind = "unary" | "server" | "client" | "bidi";

export interface Setting {
  readonly kind: Kind;
  /** Messages of one half that may be under way or unread; one more is accepted, the next sends wait. */
  readonly window: number;
  /** Messages that `close()` drops before it cancels; below 0 it cancels at once. */
  readonly closeMax: number;
  /** The caller's `onHeaders` cancels. */
  readonly cancelOnHeaders: boolean;
  /** Who is said to have ended the call when its connection is cut, on the client and on the server. */
  readonly lostBy: readonly [client: string, server: string];
}
