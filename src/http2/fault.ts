import { ErrorCode } from "../base/error-code.js";

/** What is wrong with what a peer sent: the parts of the engine return it, the connection acts on it. */
export interface Fault {
  /** `connection`: GOAWAY, everything ends. `stream`: RST_STREAM. */
  readonly scope: "connection" | "stream";
  readonly code: number;
  /** One clause for people and for GOAWAY's debug data: `a PING frame has 7 bytes`. */
  readonly message: string;
}

/** The connection cannot go on (RFC 9113 §5.4.1). */
export function connectionFault(code: number, message: string): Fault {
  return { scope: "connection", code, message };
}

/** The stream cannot go on (RFC 9113 §5.4.2). */
export function streamFault(code: number, message: string): Fault {
  return { scope: "stream", code, message };
}

export function protocolFault(message: string): Fault {
  return connectionFault(ErrorCode.PROTOCOL_ERROR, message);
}

export function frameSizeFault(message: string): Fault {
  return connectionFault(ErrorCode.FRAME_SIZE_ERROR, message);
}
