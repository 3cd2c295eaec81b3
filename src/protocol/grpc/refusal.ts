import { Field, FieldKind, type Fields } from "../../base/field.js";
import { encodeUtf8 } from "../../base/utf8.js";
import type { Refusal, RequestHead } from "../../exchange/server-protocol.js";
import { CodeNumber } from "../../rpc/code.js";
import { type Status, statusOf } from "../../rpc/status.js";
import { acceptEncodingField } from "./request-head.js";
import { contentTypeField, trailersOnly } from "./response-head.js";
import { statusExtra } from "./status.js";

/*
 * What a request that no handler may see is answered. The HTTP statuses are for whoever does not speak gRPC, the rest for those who
 * do; both as grpc-go gives them.
 */

export function refuseHttpMethod(method: string): Refusal {
  const because = `the HTTP method is ${method || "missing"}; gRPC has POST only`;
  return refusal("405", CodeNumber.internal, because, [new Field("allow", "POST", false, FieldKind.plain)]);
}

export function refuseContentType(contentType: string | undefined): Refusal {
  const shown = contentType === undefined ? "missing" : JSON.stringify(contentType);
  return refusal("415", CodeNumber.invalid_argument, `the content-type is ${shown}; it must be application/grpc, with +proto or +json`);
}

export function refuseField(field: Field, range: string): Refusal {
  return refusal("400", CodeNumber.internal, `the field "${field.name}" is malformed; it must be ${range}`);
}

export function refusePath(path: string): Refusal {
  return refusal("200", CodeNumber.unimplemented, `the path is ${JSON.stringify(path)}; it must be /package.Service/Method`);
}

export function refuseCompression(request: RequestHead, supported: readonly string[]): Refusal {
  const ours = supported.length === 0 ? ["identity"] : supported;
  const because = `the grpc-encoding is ${JSON.stringify(request.compression)}; supported is ${ours.join(", ")}`;
  return refusal("200", CodeNumber.unimplemented, because, [acceptEncodingField(ours)], request.codec);
}

/** The whole answer to a call that ends before any handler. */
export function refuseCall(status: Status, codec: string): Refusal {
  const { prepared, extra } = trailersOnly(status, codec);
  return { kind: "refusal", fields: [...prepared, ...extra], body: NO_BODY, because: status.message };
}

const NO_BODY: Uint8Array = new Uint8Array(0);

function refusal(httpStatus: string, code: number, because: string, more: Fields = [], codec = "proto"): Refusal {
  const head = [new Field(":status", httpStatus, false, FieldKind.status), contentTypeField(codec)];
  const body = httpStatus === "200" ? NO_BODY : encodeUtf8(`${because}\n`);
  return { kind: "refusal", fields: [...head, ...more, ...statusExtra(statusOf(code, because), true)], body, because };
}
