import { BodyBrokenOff, withholdReports } from "./body-broken-off.js";

/** Who sends an {@link OutgoingBody}. */
export interface OutgoingBodyOwner {
  /** What waited has been taken. */
  onTaken(): void;
  /** The body was said to be whole, and its last byte has been taken. */
  onBodySent(): void;
  /** The platform takes no more of it. */
  onBodyRefused(): void;
}

/** A body that this side makes: what is added waits here until the platform asks for it, so that a slow network slows the sender. */
export class OutgoingBody {
  /** Bytes that wait. */
  queuedBytes = 0;
  readonly #owner: OutgoingBodyOwner;
  #pieces: Uint8Array[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined = undefined;
  /** The platform waits for bytes. */
  #asked = false;
  #whole = false;

  constructor(owner: OutgoingBodyOwner) {
    this.#owner = owner;
  }

  /** Adds `prefix`, which is copied, and `bytes`, which are not. */
  add(prefix: Uint8Array, bytes: Uint8Array): void {
    if (prefix.length > 0) this.#pieces.push(prefix.slice());
    if (bytes.length > 0) this.#pieces.push(bytes);
    this.queuedBytes += prefix.length + bytes.length;
    this.#feed();
  }

  /** Nothing follows. */
  end(): void {
    this.#whole = true;
    this.#feed();
  }

  /** Drops what waits. */
  discard(): void {
    this.#pieces = [];
    this.queuedBytes = 0;
  }

  /** Takes what waits, as bytes that nobody else holds. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = new Uint8Array(this.queuedBytes);
    let at = 0;
    for (const piece of this.#pieces) {
      taken.set(piece, at);
      at += piece.length;
    }
    this.discard();
    return taken;
  }

  /** The body as the platform reads it; once. It asks for nothing ahead of its need. */
  stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#asked = true;
          this.#feed();
        },
        cancel: () => {
          this.#controller = undefined;
          this.#owner.onBodyRefused();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Breaks the body off: whoever reads it sees an error, unless it has been taken to its end. */
  fail(message: string): void {
    const controller = this.#controller;
    this.#controller = undefined;
    if (controller === undefined) return;
    withholdReports();
    controller.error(new BodyBrokenOff(message));
  }

  #feed(): void {
    const controller = this.#controller;
    if (controller === undefined) return;
    const taken = this.#asked && this.queuedBytes > 0;
    if (taken) {
      this.#asked = false;
      controller.enqueue(this.take());
    }
    if (this.#whole && this.queuedBytes === 0) {
      this.#controller = undefined;
      controller.close();
      this.#owner.onBodySent();
    } else if (taken) this.#owner.onTaken();
  }
}
