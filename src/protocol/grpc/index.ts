export { grpcClient } from "./client-protocol.js";
export { metadataFields } from "./metadata-fields.js";
export { grpcServer } from "./server-protocol.js";
