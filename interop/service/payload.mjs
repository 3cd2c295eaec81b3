import { RpcError } from "sluice";

/** A payload of zeros, as the interop cases want it. */
export function payload(size) {
  if (size < 0) throw new RpcError("invalid_argument", `a payload cannot have ${size} bytes`);
  return { body: new Uint8Array(size) };
}
