// The bytes that h2load sends: messages of bench.v1.Payload, encoded here.
import { create, toBinary } from "@bufbuild/protobuf";
import { PayloadSchema } from "../../build/gen/bench_pb.js";
import { bodyFor } from "../load/message-size.mjs";

/** One message of `size` encoded bytes. */
export function message(id, size, name = "benchmark") {
  const payload = create(PayloadSchema, { id, name });
  payload.body = bodyFor(size, toBinary(PayloadSchema, payload).length);
  return toBinary(PayloadSchema, payload);
}

/** One message of `size` encoded bytes behind its 5-byte prefix, `copies` times. The name says what is wanted of the service. */
export function framed(id, size, copies = 1, name = "benchmark") {
  const encoded = message(id, size, name);
  const one = Buffer.alloc(5 + encoded.length);
  one.writeUInt32BE(encoded.length, 1);
  one.set(encoded, 5);
  return Buffer.concat(Array.from({ length: copies }, () => one));
}
