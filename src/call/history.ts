/** Bytes are counted in small integers up to this, and in whole multiples of it beside them. */
const GIB = 2 ** 30;

/** What only few calls have. */
class Rarities {
  gibSent = 0;
  gibReceived = 0;
}

/** What has happened to one call so far: how much went each way. Costs a stream that is idle a few small integers, and a message an addition. */
export abstract class History {
  /** When the call was made, in whole ms of the runtime's clock. */
  readonly began: number;
  /** Messages accepted for sending. */
  messagesSent = 0;
  /** Whole messages that have arrived and were wanted. */
  messagesReceived = 0;
  private sent = 0;
  private received = 0;
  private rarities: Rarities | undefined = undefined;

  constructor(now: number) {
    this.began = Math.floor(now);
  }

  /** What the messages sent take in the body: encoded, compressed, prefixes included. */
  get bytesSent(): number {
    return this.sent + (this.rarities === undefined ? 0 : this.rarities.gibSent * GIB);
  }

  /** What the messages received took in the body. */
  get bytesReceived(): number {
    return this.received + (this.rarities === undefined ? 0 : this.rarities.gibReceived * GIB);
  }

  protected countSent(bytes: number): void {
    this.messagesSent++;
    const sent = this.sent + bytes;
    if (sent < GIB) {
      this.sent = sent;
      return;
    }
    // a field that held more once would cost every call of the process a boxed number from then on
    this.sent = sent % GIB;
    this.rare.gibSent += Math.floor(sent / GIB);
  }

  protected countReceived(bytes: number): void {
    this.messagesReceived++;
    const received = this.received + bytes;
    if (received < GIB) {
      this.received = received;
      return;
    }
    this.received = received % GIB;
    this.rare.gibReceived += Math.floor(received / GIB);
  }

  private get rare(): Rarities {
    this.rarities ??= new Rarities();
    return this.rarities;
  }
}
