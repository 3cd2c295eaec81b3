// The calls that the attacks make, in the words of the service at hand.
import { BENCH, envelope, payload } from "../raw/grpc.mjs";

const TESTING = "/grpc.testing.TestService";
const EMPTY = envelope(Buffer.alloc(0));

/** bench/serve.mjs. `stream` asks for 4 MB; `mute` never answers. */
export const bench = {
  unary: { path: `${BENCH}/Unary`, extra: {}, message: envelope(payload({ id: 1, name: "healthy" })) },
  mute: { path: `${BENCH}/Server`, extra: {}, message: envelope(payload({ id: 1, name: "mute" })) },
  stream: { path: `${BENCH}/Server`, extra: {}, message: envelope(payload({ id: 1000, body: Buffer.alloc(4000, 1) })) },
  duplex: { path: `${BENCH}/Bidi`, extra: {}, message: envelope(payload({ id: 1, name: "echo" })) },
};

/** interop/go/peer, for comparison. */
export const testing = {
  unary: { path: `${TESTING}/UnaryCall`, extra: {}, message: EMPTY },
  mute: { path: `${TESTING}/UnaryCall`, extra: { "x-script": "mute" }, message: EMPTY },
  stream: { path: `${TESTING}/StreamingOutputCall`, extra: {}, message: EMPTY },
  duplex: { path: `${TESTING}/FullDuplexCall`, extra: {}, message: envelope(Buffer.of(0x12, 0x02, 0x08, 0x01)) },
};
