export { metadataFields } from "../metadata-fields.js";
export { grpcClient } from "./client-protocol.js";
export { grpcServer } from "./server-protocol.js";
