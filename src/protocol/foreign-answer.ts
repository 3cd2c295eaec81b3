import { decodeUtf8 } from "../base/utf8.js";
import { CodeNumber } from "../rpc/code.js";
import { type Status, statusOf } from "../rpc/status.js";

/*
 * An answer that is not of the protocol: somebody between the two ends spoke, or the address is not a server of this kind. What it says is
 * shown, for it usually tells which of these it was.
 */

/** What such an answer says by its head alone. `name`: of the protocol that was expected. */
export function foreignAnswer(name: string, httpStatus: string, contentType: string | undefined): Status {
  const type = contentType === undefined ? "without content-type" : `with content-type ${JSON.stringify(contentType.slice(0, SHOWN_TYPE))}`;
  return statusOf(codeOfHttp(httpStatus), `the answer is not ${name}'s: HTTP status ${httpStatus || "missing"} ${type}`);
}

const SHOWN_TYPE = 100;

/** The status of such an answer, with the beginning of its body. */
export function foreignStatus(said: Status, body: Uint8Array): Status {
  const text = printable(body);
  return text === "" ? said : { ...said, message: `${said.message}, which begins: ${text}` };
}

/** gRPC's "HTTP to gRPC Status Code Mapping", which is Connect's too. */
export function codeOfHttp(httpStatus: string): number {
  return CODES_OF_HTTP[httpStatus] ?? CodeNumber.unknown;
}

const CODES_OF_HTTP: Readonly<Record<string, number>> = {
  400: CodeNumber.internal,
  401: CodeNumber.unauthenticated,
  403: CodeNumber.permission_denied,
  404: CodeNumber.unimplemented,
  429: CodeNumber.unavailable,
  502: CodeNumber.unavailable,
  503: CodeNumber.unavailable,
  504: CodeNumber.unavailable,
};

/** What of the bytes can be shown in one line. */
function printable(bytes: Uint8Array): string {
  return decodeUtf8(bytes)
    .replace(/[^!-~]+/g, " ")
    .trim();
}
