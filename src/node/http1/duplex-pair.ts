import { Duplex } from "node:stream";

/** Two streams of node:stream, each of which reads what is written to the other, at the other's pace. */
export function duplexPair(): [Duplex, Duplex] {
  const one = new PairedStream();
  const other = new PairedStream();
  one.other = other;
  other.other = one;
  return [one, other];
}

class PairedStream extends Duplex {
  other: PairedStream | undefined = undefined;
  /** What the other side's last write waits for. */
  private taken: (() => void) | undefined = undefined;

  override _read(): void {
    const { taken } = this;
    this.taken = undefined;
    taken?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { other } = this;
    if (other === undefined || other.destroyed) done();
    else if (chunk.length === 0) process.nextTick(done);
    else {
      other.taken = done;
      other.push(chunk);
    }
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { other } = this;
    this.other = undefined;
    this._read();
    if (other !== undefined && !other.destroyed) this.leave(other);
    done(error);
  }

  /** As a connection does: one that breaks takes along what is not read, one that was ended gives that first. */
  private leave(other: PairedStream): void {
    if (this.writableFinished && !other.readableEnded) other.once("end", () => other.destroy());
    else process.nextTick(() => other.destroy());
  }

  // what node:http asks of a socket
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writableFinished) this.destroy();
    else this.end(() => this.destroy());
  }
}
