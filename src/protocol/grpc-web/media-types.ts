import { MediaType } from "../grpc/media-type.js";

/** Binary bodies. */
export const GRPC_WEB: MediaType = /* @__PURE__ */ new MediaType("gRPC-Web", "application/grpc-web");
/** Bodies in base64, for clients that can read nothing but text as it comes. */
export const GRPC_WEB_TEXT: MediaType = /* @__PURE__ */ new MediaType("gRPC-Web", "application/grpc-web-text");
