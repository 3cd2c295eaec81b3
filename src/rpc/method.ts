import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";

/** How many messages go each way. */
export type MethodKind = "unary" | "client-stream" | "server-stream" | "bidi";

/** One method of a service, as calls see it. Made once per descriptor by {@link methodOf}. */
export interface Method {
  readonly kind: MethodKind;
  /** The full name of the service: `package.Service`. */
  readonly service: string;
  /** The method's name as in the proto file: `SayHello`. */
  readonly name: string;
  /** `/package.Service/SayHello`. */
  readonly path: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  /** True for a method marked `idempotency_level = NO_SIDE_EFFECTS`. */
  readonly safe: boolean;
  /** The requests are a stream. */
  readonly clientStreams: boolean;
  /** The responses are a stream. */
  readonly serverStreams: boolean;
}

const KINDS: Record<DescMethod["methodKind"], MethodKind> = {
  unary: "unary",
  client_streaming: "client-stream",
  server_streaming: "server-stream",
  bidi_streaming: "bidi",
};

/** As a number: importing the enum would load every well-known type of protobuf. */
const NO_SIDE_EFFECTS: IdempotencyLevel.NO_SIDE_EFFECTS = 1;

const methods = new WeakMap<DescMethod, Method>();

/** The method of a descriptor of protobuf-es: always the same object for the same descriptor. */
export function methodOf(descriptor: DescMethod): Method {
  const known = methods.get(descriptor);
  if (known !== undefined) return known;
  const kind = KINDS[descriptor.methodKind];
  const method: Method = {
    kind,
    service: descriptor.parent.typeName,
    name: descriptor.name,
    path: `/${descriptor.parent.typeName}/${descriptor.name}`,
    input: descriptor.input,
    output: descriptor.output,
    safe: descriptor.idempotency === NO_SIDE_EFFECTS,
    clientStreams: kind === "client-stream" || kind === "bidi",
    serverStreams: kind === "server-stream" || kind === "bidi",
  };
  methods.set(descriptor, method);
  return method;
}
