import { NO_FIELDS } from "../base/field.js";
import { codeToNumber } from "./code.js";
import type { RpcError } from "./rpc-error.js";
import type { Status } from "./status.js";

/** How an error is said on the wire. What came with it from another server stays here: the metadata may be nobody else's business. */
export function errorStatus({ code, message, details, metadata, initiator }: RpcError): Status {
  return { code: codeToNumber(code), message, details, trailers: initiator === "peer" ? NO_FIELDS : metadata.toFields() };
}
