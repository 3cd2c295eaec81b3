// The bytes that h2load sends: gRPC messages of bench.v1.Payload, encoded here.
import { create, toBinary } from "@bufbuild/protobuf";
import { PayloadSchema } from "../../build/gen/bench_pb.js";
import { bodyFor } from "../load/message-size.mjs";

/** One message of `size` encoded bytes behind its 5-byte prefix, `copies` times. The name says what is wanted of the service. */
export function framed(id, size, copies = 1, name = "benchmark") {
  const message = create(PayloadSchema, { id, name });
  message.body = bodyFor(size, toBinary(PayloadSchema, message).length);
  const encoded = toBinary(PayloadSchema, message);
  const one = Buffer.alloc(5 + encoded.length);
  one.writeUInt32BE(encoded.length, 1);
  one.set(encoded, 5);
  return Buffer.concat(Array.from({ length: copies }, () => one));
}
