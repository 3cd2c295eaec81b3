/** Who receives an {@link IncomingBody}. */
export interface IncomingBodyOwner {
  onChunk(chunk: Uint8Array): void;
  /** The body is whole. */
  onBodyEnd(): void;
  /** The body broke off. */
  onBodyFailed(error: unknown): void;
}

/** Bytes that may be unread before no more are taken from the platform, which then slows the peer. */
const CREDIT_BYTES = 65_536;

/** A body that the peer makes: taken from the platform as far as its receiver consumes it. */
export class IncomingBody {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #owner: IncomingBodyOwner;
  #unread = 0;
  #reading = false;
  #over = false;
  readonly #onRead = (result: { done: boolean; value?: Uint8Array | undefined }): void => this.#receive(result.value);
  readonly #onFailed = (error: unknown): void => {
    if (this.#over) return;
    this.#over = true;
    this.#owner.onBodyFailed(error);
  };

  /** Throws when somebody else reads the stream. */
  constructor(stream: ReadableStream<Uint8Array>, owner: IncomingBodyOwner) {
    this.#reader = stream.getReader();
    this.#owner = owner;
    // what breaks off while nobody reads is heard of all the same
    this.#reader.closed.then(undefined, this.#onFailed);
  }

  /** Reads on, when there is credit. */
  read(): void {
    if (this.#reading || this.#over || this.#unread >= CREDIT_BYTES) return;
    this.#reading = true;
    this.#reader.read().then(this.#onRead, this.#onFailed);
  }

  consume(bytes: number): void {
    this.#unread -= Math.min(bytes, this.#unread);
    this.read();
  }

  /** Wants no more of it: the peer hears that where the protocol below has words for it. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#reader.cancel().then(undefined, () => {});
  }

  #receive(chunk: Uint8Array | undefined): void {
    if (this.#over) return;
    this.#reading = false;
    if (chunk === undefined) {
      this.#over = true;
      this.#owner.onBodyEnd();
      return;
    }
    this.#unread += chunk.length;
    this.#owner.onChunk(chunk);
    this.read();
  }
}
