import type { ProtocolName } from "sluice";

export const ALL_PROTOCOLS: readonly ProtocolName[] = ["grpc", "grpc-web", "grpc-web-text", "connect", "triple"];

/** One whose status stands in trailers, and one that has it in the body of streams and in the head of unary calls. */
const FEW: readonly ProtocolName[] = ["grpc", "connect"];

/** What two protocols show as well as five, by its title, and why: these take long, or stand wholly above what a protocol does. */
const SHOWN_BY_FEW: readonly (readonly [title: RegExp, because: string])[] = [
  [
    /^C3: .*\b(collection|collected|holds? (its|their|the|no) (handles?|streams?)|handle|abandoned|first hundred)\b/,
    "handles are watched above the call",
  ],
  [/^C2: a call (that has ended holds|lets go of)/, "what is kept to be sent again is kept above the protocol"],
  [/^C6: ten thousand receives/, "the inbox does not know what a message came in"],
  [/^C11: ten thousand calls/, "open calls are listed whatever they speak"],
  [/^misuse: /, "mistakes are found before anything is sent"],
  [/^C13: /, "groups know calls by their handles"],
  [/^an interceptor of the (client|server) that throws before next\(\)/, "nothing is sent before an interceptor has let the call through"],
  [/^C8: misuse of a broadcast/, "mistakes are found before anything is sent"],
];

/** What a guarantee is proved over. */
export function protocolsFor(title: string): readonly ProtocolName[] {
  return SHOWN_BY_FEW.some(([pattern]) => pattern.test(title)) ? FEW : ALL_PROTOCOLS;
}
