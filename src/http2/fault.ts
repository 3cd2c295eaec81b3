import { ErrorCode } from "../base/error-code.js";

/** What a peer sent and the connection cannot survive: the parts of the engine return it, the connection sends GOAWAY and ends. Faults of a stream reset it where they are found. */
export interface Fault {
  readonly code: number;
  /** One clause for people and for GOAWAY's debug data: `a PING frame has 7 bytes`. */
  readonly message: string;
}

/** The connection cannot go on (RFC 9113 §5.4.1). */
export function connectionFault(code: number, message: string): Fault {
  return { code, message };
}

export function protocolFault(message: string): Fault {
  return connectionFault(ErrorCode.PROTOCOL_ERROR, message);
}

export function frameSizeFault(message: string): Fault {
  return connectionFault(ErrorCode.FRAME_SIZE_ERROR, message);
}
