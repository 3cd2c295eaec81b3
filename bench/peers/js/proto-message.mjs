import { bodyFor } from "../../load/message-size.mjs";
import { Bench } from "./bench-service.mjs";

/** A message of so many encoded bytes, as proto-loader's users write it. */
export function protoMessage(id, name, size) {
  const sizeWithout = Bench.service.Unary.requestSerialize({ id, name }).length;
  return { id, name, body: bodyFor(size, sizeWithout) };
}
