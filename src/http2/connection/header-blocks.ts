import { ErrorCode } from "../../base/error-code.js";
import type { Fields } from "../../base/field.js";
import { connectionFault, type Fault, protocolFault } from "../fault.js";
import type { FrameDecoder } from "../frame/frame-decoder.js";
import { FrameFlag, FrameType } from "../frame/frame-type.js";
import { HpackDecoder, HpackError } from "../hpack/index.js";
import type { Http2Limits } from "../limits.js";

const NO_PARTS: Uint8Array[] = [];

/** Joins HEADERS and CONTINUATION into header blocks and decodes them (RFC 9113 §4.3). */
export class HeaderBlocks {
  /** What the last whole block was: its stream, whether that half ends with it, its fields. */
  streamId = 0;
  end = false;
  fields: Fields | undefined = undefined;
  /** The code with which its stream must be reset although it could be decoded; NO_ERROR: it need not. */
  refusal: number = ErrorCode.NO_ERROR;
  /** A block has begun, its stream waits for CONTINUATION and nothing else may come. */
  open = false;
  readonly hpack: HpackDecoder;
  readonly #maxContinuations: number;
  /** The parts of a block that is cut over frames. */
  #parts: Uint8Array[] = NO_PARTS;
  #bytes = 0;

  constructor(limits: Http2Limits) {
    this.hpack = new HpackDecoder({ maxListBytes: limits.maxHeaderListBytes, maxFields: limits.maxHeaderFields });
    this.#maxContinuations = limits.maxContinuations;
  }

  /** A HEADERS frame, without padding and priority. `fields` is set when the block is whole. */
  begin(frame: FrameDecoder): Fault | undefined {
    this.streamId = frame.streamId;
    this.end = (frame.flags & FrameFlag.END_STREAM) !== 0;
    this.fields = undefined;
    // a stream cannot depend on itself (RFC 7540 §5.3.1)
    this.refusal = frame.dependency === frame.streamId ? ErrorCode.PROTOCOL_ERROR : ErrorCode.NO_ERROR;
    if ((frame.flags & FrameFlag.END_HEADERS) !== 0) return this.#decode(frame.bytes, frame.start, frame.end);
    this.open = true;
    this.#parts = [];
    this.#add(frame);
    return undefined;
  }

  /** Any frame while a block is open: it must be CONTINUATION of the same stream. */
  continue(frame: FrameDecoder): Fault | undefined {
    if (frame.type !== FrameType.CONTINUATION || frame.streamId !== this.streamId) {
      return protocolFault(`a header block of stream ${this.streamId} is interrupted by another frame`);
    }
    if (this.#parts.length > this.#maxContinuations) {
      return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `a header block has more than ${this.#maxContinuations} CONTINUATION frames`);
    }
    this.#add(frame);
    if ((frame.flags & FrameFlag.END_HEADERS) === 0) return undefined;
    const block = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      block.set(part, at);
      at += part.length;
    }
    this.open = false;
    this.#parts = NO_PARTS;
    this.#bytes = 0;
    return this.#decode(block, 0, block.length);
  }

  /** Keeps a copy: the bytes of the read are not ours. */
  #add(frame: FrameDecoder): void {
    this.#parts.push(new Uint8Array(frame.bytes.subarray(frame.start, frame.end)));
    this.#bytes += frame.end - frame.start;
  }

  #decode(bytes: Uint8Array, start: number, end: number): Fault | undefined {
    try {
      this.fields = this.hpack.decode(bytes, start, end);
      if (this.hpack.tooLarge) this.refusal = ErrorCode.ENHANCE_YOUR_CALM;
      return undefined;
    } catch (error) {
      if (!(error instanceof HpackError)) throw error;
      return connectionFault(ErrorCode.COMPRESSION_ERROR, error.message);
    }
  }
}
