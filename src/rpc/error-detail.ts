import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import type { ErrorDetail } from "./status.js";

/** Makes a detail for an `RpcError` of a message, as `google.rpc.BadRequest` is one. Throws what the serialiser throws. */
export function detail<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): ErrorDetail {
  return { type: schema.typeName, value: toBinary(schema, create(schema, message)) };
}
