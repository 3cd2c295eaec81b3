import { type Fields, findField } from "../base/field.js";
import type { ResponseHead } from "../exchange/client-protocol.js";
import { CodeNumber } from "../rpc/code.js";
import { type Status, statusOf } from "../rpc/status.js";
import { errorBody } from "./whole-body.js";

/*
 * An answer that is not of the protocol: somebody between the two ends spoke, or the address is not a server of this kind. What it says is
 * shown, for it usually tells which of these it was.
 */

/** What the head of such an answer means. `name`: of the protocol that was expected. `end`: there is no body. `codeOf`: of an HTTP status. */
export function foreignHead(
  name: string,
  httpStatus: string,
  contentType: string | undefined,
  metadata: Fields,
  end: boolean,
  codeOf: (httpStatus: string) => number = codeOfHttp,
): ResponseHead {
  const type = contentType === undefined ? "without content-type" : `with content-type ${JSON.stringify(contentType.slice(0, SHOWN_TYPE))}`;
  const because = `the answer is not ${name}'s: HTTP status ${httpStatus || "missing"} ${type}`;
  const status = statusOf(codeOf(httpStatus), REDIRECT.test(httpStatus) ? `${because} (${redirect(metadata)})` : because);
  if (end || !isText(contentType)) return { compression: "identity", metadata, status, said: undefined, errorBody: undefined };
  return { compression: "identity", metadata, status: undefined, said: status, errorBody: SHOWN_BODY };
}

/** RFC 9110 §15.4. `3xx`: from a browser, which hides which one it was. */
const REDIRECT = /^3(?:0[12378]|xx)$/;

/** Not followed: a configured address that is wrong would stay so, and what the request says would be told to somebody else. */
function redirect(metadata: Fields): string {
  const location = findField(metadata, "location");
  return `a redirect${location === undefined ? "" : ` to ${location.slice(0, SHOWN_BYTES).replace(/[^!-~]/g, "?")}`}, which is not followed`;
}

/** The status of such an answer, with the beginning of its body. */
export function foreignStatus(said: Status, body: Uint8Array): Status {
  const text = printable(body);
  return text === "" ? said : { ...said, message: `${said.message}, which begins: ${text}` };
}

/** gRPC's "HTTP to gRPC Status Code Mapping", which is Connect's too. */
export function codeOfHttp(httpStatus: string): number {
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

const SHOWN_TYPE = 100;
const SHOWN_BYTES = 200;
const SHOWN_BODY = errorBody(SHOWN_BYTES);

function isText(contentType: string | undefined): boolean {
  return contentType !== undefined && /^(text\/|application\/([a-z.+-]*\+)?(json|xml)\b)/i.test(contentType);
}

/** What of the bytes can be shown in one line. */
function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : " ";
  return text.replace(/ +/g, " ").trim();
}
