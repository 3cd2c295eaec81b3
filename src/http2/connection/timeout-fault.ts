import { ErrorCode } from "../../base/error-code.js";
import { connectionFault, type Fault, protocolFault } from "../fault.js";
import type { Http2Limits } from "../limits.js";
import { Deadline } from "./deadlines.js";

/** What a peer has failed to do by a deadline that ends the connection. */
export function timeoutFault(due: number, limits: Http2Limits): Fault {
  switch (due) {
    case Deadline.preface:
      return protocolFault(`no preface within ${limits.prefaceTimeoutMs} ms`);
    case Deadline.firstSettings:
      return connectionFault(ErrorCode.SETTINGS_TIMEOUT, "the peer sent no SETTINGS in time");
    case Deadline.settingsAck:
      return connectionFault(ErrorCode.SETTINGS_TIMEOUT, "the peer did not acknowledge SETTINGS in time");
    case Deadline.writeStall:
      return connectionFault(ErrorCode.NO_ERROR, `the peer read nothing for ${limits.writeStallTimeoutMs} ms`);
    default:
      return connectionFault(ErrorCode.ENHANCE_YOUR_CALM, `a frame or header block was not whole within ${limits.headerTimeoutMs} ms`);
  }
}
