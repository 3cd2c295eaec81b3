/** One accepted message, encoded. */
export interface AcceptedMessage {
  readonly bytes: Uint8Array;
  readonly compressed: boolean;
}

/**
 * What the client has accepted from the application so far: the outbox of a call that has no connection yet, and what is sent once more
 * when an attempt turns out to have reached no handler. Kept until the call is committed: when the response begins, or when it is too much.
 */
export class Replay {
  /** The encoded bytes held. */
  bytes = 0;
  /** The requests are complete. */
  ended = false;
  private readonly messages: AcceptedMessage[] = [];

  add(bytes: Uint8Array, compressed: boolean): void {
    this.messages.push({ bytes, compressed });
    this.bytes += bytes.length;
  }

  get accepted(): readonly AcceptedMessage[] {
    return this.messages;
  }
}
