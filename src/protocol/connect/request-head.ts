import { Field, FieldKind } from "../../base/field.js";
import type { Target } from "../../exchange/client-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { VERSION } from "../../rpc/version.js";

/** What stands first in every request of HTTP. */
export function pseudoFields(httpMethod: "GET" | "POST", target: Target, path: string): Field[] {
  return [
    httpMethod === "GET" ? GET : POST,
    new Field(":scheme", target.scheme, false, FieldKind.scheme),
    new Field(":path", path, false, FieldKind.path),
    new Field(":authority", target.authority, false, FieldKind.authority),
  ];
}

const GET = new Field(":method", "GET", false, FieldKind.method);
const POST = new Field(":method", "POST", false, FieldKind.method);
export const USER_AGENT: Field = new Field("user-agent", `connect-sluice/${VERSION}`, false, FieldKind.userAgent);

export const VERSION_1: Field = new Field("connect-protocol-version", "1", false, FieldKind.connectProtocolVersion);

/** `accept-encoding` for names of compressions, best first. */
export function acceptEncoding(names: readonly string[]): Field {
  return new Field("accept-encoding", names.join(","), false, FieldKind.acceptEncoding);
}

/** A response with a content-type that no request of ours asks for. */
export function wrongType(contentType: string, expected: string): Status {
  const because = `the response has the content-type ${JSON.stringify(contentType.slice(0, 100))}; it must be ${expected}`;
  return statusOf(CodeNumber.internal, because);
}
