import type { Fields } from "../../base/field.js";

/** What a stream has to send and may not yet: made when the first byte has to wait, dropped when the last has gone. */
export class SendQueue<Owner = unknown> {
  readonly owner: Owner;
  /** Bytes of body that wait. */
  bytes = 0;
  /** The local half ends with the last of them, without trailers. */
  end = false;
  /** The frame with END_STREAM has been written with the last of the body. */
  endSent = false;
  /** The trailers that follow the body and end the local half. */
  trailers: Fields | undefined = undefined;
  trailersExtra: Fields | undefined = undefined;
  /** It is in the sender's ring, and which follows it there. */
  inRing = false;
  next: SendQueue<Owner> | undefined = undefined;
  /** Two entries a piece: its prefix, which may be empty, and its bytes. */
  #pieces: Uint8Array[] = [];
  /** The first entry that is not all sent, and how much of it is. */
  #first = 0;
  #sent = 0;

  constructor(owner: Owner) {
    this.owner = owner;
  }

  push(prefix: Uint8Array, bytes: Uint8Array): void {
    const length = prefix.length + bytes.length;
    if (length === 0) return;
    this.#pieces.push(prefix, bytes);
    this.bytes += length;
  }

  /** Whether the first piece that waits has gone in part. */
  get cut(): boolean {
    if (this.#sent > 0) return true;
    // between a prefix and its bytes
    return (this.#first & 1) === 1 && this.bytes > 0 && (this.#pieces[this.#first - 1] as Uint8Array).length > 0;
  }

  /** Moves the next `length` bytes, at most `bytes`, to `out[at]`. */
  take(length: number, out: Uint8Array, at: number): void {
    this.bytes -= length;
    while (length > 0) {
      const piece = this.#pieces[this.#first] as Uint8Array;
      const left = piece.length - this.#sent;
      if (left > length) {
        out.set(piece.subarray(this.#sent, this.#sent + length), at);
        this.#sent += length;
        return;
      }
      out.set(this.#sent === 0 ? piece : piece.subarray(this.#sent), at);
      at += left;
      length -= left;
      this.#sent = 0;
      this.#first++;
    }
    if (this.#first === this.#pieces.length) this.#forget();
    else if (this.#first >= 64 && this.#first * 2 >= this.#pieces.length) this.#compact();
  }

  /** Drops the body that waits. */
  discard(): void {
    this.bytes = 0;
    this.#sent = 0;
    this.#forget();
  }

  #forget(): void {
    this.#pieces.length = 0;
    this.#first = 0;
  }

  #compact(): void {
    const gone = this.#first & ~1;
    this.#pieces = this.#pieces.slice(gone);
    this.#first -= gone;
  }
}
