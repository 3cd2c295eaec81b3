import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";

/** What an HTTP answer that is not gRPC's means (gRPC's "HTTP to gRPC Status Code Mapping"): somebody between the two ends spoke. */
export function statusOfHttp(httpStatus: string, contentType: string | undefined): Status {
  const type = contentType === undefined ? "without content-type" : `with content-type ${JSON.stringify(contentType)}`;
  return statusOf(codeOfHttp(httpStatus), `the answer is not gRPC's: HTTP status ${httpStatus || "missing"} ${type}`);
}

function codeOfHttp(httpStatus: string): number {
  switch (httpStatus) {
    case "400":
      return CodeNumber.internal;
    case "401":
      return CodeNumber.unauthenticated;
    case "403":
      return CodeNumber.permission_denied;
    case "404":
      return CodeNumber.unimplemented;
    case "429":
    case "502":
    case "503":
    case "504":
      return CodeNumber.unavailable;
    default:
      return CodeNumber.unknown;
  }
}
