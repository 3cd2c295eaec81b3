/** One received message that nobody has taken yet, still encoded. */
export interface InboxEntry {
  readonly bytes: Uint8Array;
  readonly compressed: boolean;
  /** Receive credit that goes back to the peer when the message is taken. */
  readonly credit: number;
}

/**
 * Received messages in order. Bounded without counting: a message's credit goes back only when it is taken, so the peer can
 * fill it with one receive window of messages and no more.
 */
export class Inbox {
  private entries: InboxEntry[] = [];
  private head = 0;

  get size(): number {
    return this.entries.length - this.head;
  }

  push(entry: InboxEntry): void {
    this.entries.push(entry);
  }

  shift(): InboxEntry | undefined {
    const entry = this.entries[this.head];
    if (entry === undefined) return undefined;
    this.head++;
    if (this.head === this.entries.length) {
      this.entries = [];
      this.head = 0;
    } else if (this.head >= 64 && this.head * 2 >= this.entries.length) {
      this.entries = this.entries.slice(this.head);
      this.head = 0;
    }
    return entry;
  }
}
