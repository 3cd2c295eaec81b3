import { Field, FieldKind, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { CONNECT_CODES, type CodeSpelling } from "./code.js";
import { errorJson } from "./error-json.js";

/*
 * What a request that no handler may see is answered: an error in JSON with its HTTP status, which clients of every kind can read.
 */

export function refuseStatus(status: Status, codes: CodeSpelling = CONNECT_CODES, more: Fields = []): Refusal {
  return refuseWith(codes.httpStatusOf(status.code), status, codes, more);
}

function refuseWith(httpStatus: string, status: Status, codes: CodeSpelling, more: Fields): Refusal {
  const fields = [new Field(":status", httpStatus, false, FieldKind.status), JSON_TYPE, ...more, ...status.trailers];
  return { kind: "refusal", fields, body: encodeUtf8(JSON.stringify(errorJson(status, codes))), because: status.message };
}

export function refuseHttpMethod(method: string, allowed: string): Refusal {
  const because = `the HTTP method is ${method || "missing"}; it must be ${allowed}`;
  const fields = [new Field(":status", "405", false, FieldKind.status), TEXT_TYPE, new Field("allow", allowed, false, FieldKind.plain)];
  // plain HTTP: whoever uses another method does not speak Connect
  return { kind: "refusal", fields, body: encodeUtf8(`${because}\n`), because };
}

/** There is nothing at the path. */
export function refusePath(because: string): Refusal {
  return refuseWith("404", statusOf(CodeNumber.unimplemented, because), CONNECT_CODES, []);
}

/** `accept-post` tells what is taken (RFC 5789 §3.1 has the like for PATCH). */
export function refuseContentType(contentType: string | undefined, taken: readonly string[]): Refusal {
  const shown = contentType === undefined ? "missing" : JSON.stringify(contentType.slice(0, 100));
  const because = `the content-type is ${shown}; it must be ${taken.join(" or ")}`;
  const more = [new Field("accept-post", taken.join(", "), false, FieldKind.plain)];
  return refuseWith("415", statusOf(CodeNumber.invalid_argument, because), CONNECT_CODES, more);
}

export function refuseArgument(because: string): Refusal {
  return refuseStatus(statusOf(CodeNumber.invalid_argument, because));
}

/** `field`: the one that says what is taken. */
export function unknownCompression(request: RequestHead, supported: readonly string[]): Status {
  const ours = supported.length === 0 ? ["identity"] : supported;
  const named = JSON.stringify(request.compression.slice(0, 100));
  return statusOf(CodeNumber.unimplemented, `the request is compressed with ${named}; supported is ${ours.join(", ")}`);
}

const TEXT_TYPE = new Field("content-type", "text/plain", false, FieldKind.contentType);
export const JSON_TYPE: Field = new Field("content-type", "application/json", false, FieldKind.contentType);
