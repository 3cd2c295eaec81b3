import { Field, FieldKind, type Fields } from "../../base/field.js";
import type { ClientProtocol } from "../../exchange/client-protocol.js";
import { foreignStatus } from "../foreign-answer.js";
import { codeOfReset } from "../reset-code.js";
import { grpcBody } from "./body.js";
import { HeadReader, WITHOUT_TRAILERS } from "./head-reader.js";
import { GRPC } from "./media-type.js";
import { requestHead, TE_TRAILERS } from "./request-head.js";
import { readStatus } from "./status.js";
import { formatTimeout } from "./timeout.js";

const heads = /* @__PURE__ */ new HeadReader(GRPC);

/** gRPC over HTTP/2, the client's side. */
export const grpcClient: ClientProtocol = {
  name: "grpc",
  body: grpcBody,
  requestHead: (target, method, encoding) => requestHead(GRPC, [TE_TRAILERS], target, method, encoding),
  timeoutFields: grpcTimeoutFields,
  readHead: (fields, end) => heads.read(fields, end),
  readTrailers: readStatus,
  readClosing: (body, { said }) => foreignStatus(said ?? WITHOUT_TRAILERS, body),
  // a status in a head that a body follows counts for nothing; that of an answer that is not gRPC's does
  readBodyEnd: ({ said, errorBody }) => (errorBody === undefined ? WITHOUT_TRAILERS : (said ?? WITHOUT_TRAILERS)),
  readReset: codeOfReset,
};

/** `grpc-timeout`. */
export function grpcTimeoutFields(timeoutMs: number): Fields {
  return [new Field("grpc-timeout", formatTimeout(timeoutMs), false, FieldKind.grpcTimeout)];
}
