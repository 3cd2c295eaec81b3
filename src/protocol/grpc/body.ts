import type { BodyFormat } from "../../rpc/body-format.js";
import { envelopeFormat } from "../envelope.js";

/** Bodies of gRPC: envelopes that are all messages. */
export const grpcBody: BodyFormat = /* @__PURE__ */ envelopeFormat();
