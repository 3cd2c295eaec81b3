import type { Fields } from "../../base/field.js";
import type { Initiator } from "../../base/initiator.js";

/** What happens to a stream. Calls must not throw. Any of them may be re-entered by a command's own consequences. */
export interface StreamEvents {
  /** Client: the head of the response. Interim (1xx) responses are not reported. */
  onHead(fields: Fields, end: boolean): void;
  /** Body bytes `chunk[start, end)`, valid only during the call. `fin`: the peer's half ends with them. May be empty when `fin`. */
  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void;
  /** The peer's trailers; its half ends with them. */
  onTrailers(fields: Fields): void;
  /** After `sendData` returned false: there is room again. */
  onWritable(): void;
  /** The connection will end soon; the stream may finish. At most once. */
  onDraining(): void;
  /** The stream is over and holds nothing any more. Exactly once, last. */
  onEnd(end: StreamEnd): void;
}

/** Who ended a stream, how, and what that means for the request. */
export interface StreamEnd {
  /** `complete`: both halves ended by themselves; `reset`: one side gave up; `lost`: the connection is gone. */
  readonly kind: "complete" | "reset" | "lost";
  readonly initiator: Initiator;
  /** The `ErrorCode` of the reset, or of the connection's end; NO_ERROR when complete. */
  readonly code: number;
  /** True: it is certain that no handler of the peer has seen this request (refused, above GOAWAY's last id, never sent). */
  readonly unprocessed: boolean;
  /** One sentence for people: `peer sent RST_STREAM(CANCEL)`. */
  readonly message: string;
}
