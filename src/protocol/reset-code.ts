import { ErrorCode } from "../base/error-code.js";
import { CodeNumber } from "../rpc/code.js";

/** The status code that a peer's reset means (gRPC over HTTP/2, "Errors"; where it is silent, as grpc-go). Indexed by `ErrorCode`. */
const CODES: readonly number[] = [
  [ErrorCode.NO_ERROR, CodeNumber.internal],
  [ErrorCode.PROTOCOL_ERROR, CodeNumber.internal],
  [ErrorCode.INTERNAL_ERROR, CodeNumber.internal],
  [ErrorCode.FLOW_CONTROL_ERROR, CodeNumber.resource_exhausted],
  [ErrorCode.SETTINGS_TIMEOUT, CodeNumber.internal],
  [ErrorCode.STREAM_CLOSED, CodeNumber.internal],
  [ErrorCode.FRAME_SIZE_ERROR, CodeNumber.internal],
  [ErrorCode.REFUSED_STREAM, CodeNumber.unavailable],
  [ErrorCode.CANCEL, CodeNumber.cancelled],
  [ErrorCode.COMPRESSION_ERROR, CodeNumber.internal],
  [ErrorCode.CONNECT_ERROR, CodeNumber.internal],
  [ErrorCode.ENHANCE_YOUR_CALM, CodeNumber.resource_exhausted],
  [ErrorCode.INADEQUATE_SECURITY, CodeNumber.permission_denied],
  [ErrorCode.HTTP_1_1_REQUIRED, CodeNumber.internal],
].reduce<number[]>((codes, [reset, code]) => {
  codes[reset as number] = code as number;
  return codes;
}, []);

/** The number of the status code that a reset with this `ErrorCode` means; `unknown` for an error code without a name. */
export function codeOfReset(errorCode: number): number {
  return CODES[errorCode] ?? CodeNumber.unknown;
}
