import type { DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { UsageError } from "../base/usage-error.js";
import type { Encoded } from "../rpc/encoded.js";
import { methodOf } from "../rpc/method.js";
import type { CallOptions } from "./call-options.js";
import type { EntryFunction } from "./call-site.js";
import type { Channel } from "./channel/channel.js";
import type { ClientOptions } from "./client-options.js";
import { MethodCaller } from "./method-caller.js";
import type { Requests } from "./request-pump.js";
import type { BidiCall, ClientStreamCall, ResponseStream, ServerStreamCall } from "./streams.js";

/** A typed client of a service: a function for each method, by its name in lower camel case. */
export type Client<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: ClientMethod<Service["method"][Name]>;
};

/** One method of a client. */
export type ClientMethod<Method extends DescMethod> = Method["methodKind"] extends "unary"
  ? (request: Request<Method>, options?: CallOptions) => Promise<Response<Method>>
  : Method["methodKind"] extends "server_streaming"
    ? (request: Request<Method>, options?: CallOptions) => ServerStreamCall<Response<Method>>
    : Method["methodKind"] extends "client_streaming"
      ? ClientStreamMethod<Request<Method>, Response<Method>>
      : BidiMethod<Request<Method>, Response<Method>>;

type Request<Method extends DescMethod> = MessageInitShape<Method["input"]> | Encoded<Method["input"]>;
type Response<Method extends DescMethod> = MessageShape<Method["output"]>;

export interface ClientStreamMethod<Request, Response> {
  /** The call, to be sent to by hand. */
  (options?: CallOptions): ClientStreamCall<Request, Response>;
  /** Sends what the iterable gives; the response. */
  (requests: Requests<Request>, options?: CallOptions): Promise<Response>;
}

export interface BidiMethod<Request, Response> {
  /** Both halves, by hand. */
  (options?: CallOptions): BidiCall<Request, Response>;
  /** Sends what the iterable gives, beside the responses. */
  (requests: Requests<Request>, options?: CallOptions): ResponseStream<Response>;
}

/** Makes a client of a service over a channel. Costs nothing on the wire; the first call connects. */
export function createClient<Service extends DescService>(
  service: Service,
  channel: Channel,
  options: ClientOptions = {},
): Client<Service> {
  const { methods = {} } = options;
  checkNames(service, methods);
  const client: Record<string, unknown> = {};
  for (const descriptor of service.methods) {
    const caller = new MethodCaller(methodOf(descriptor), channel, options, methods[descriptor.localName]);
    caller.entry = clientMethod(caller);
    client[descriptor.localName] = caller.entry;
  }
  return client as Client<Service>;
}

function checkNames(service: DescService, methods: Readonly<Record<string, unknown>>): void {
  const names = service.methods.map(({ localName }) => localName);
  for (const name of Object.keys(methods)) {
    if (!names.includes(name)) throw new UsageError(`service ${service.typeName} has no method "${name}"; it has ${names.join(", ")}`);
  }
}

function clientMethod(caller: MethodCaller): EntryFunction {
  switch (caller.method.kind) {
    case "unary":
      return (request: unknown, options?: CallOptions) => caller.unary(request, options);
    case "server-stream":
      return (request: unknown, options?: CallOptions) => caller.serverStream(request, options);
    case "client-stream":
      return (first?: Requests<unknown> | CallOptions, second?: CallOptions) =>
        isIterable(first) ? caller.clientStreamOf(first, second) : caller.clientStream(first);
    case "bidi":
      return (first?: Requests<unknown> | CallOptions, second?: CallOptions) =>
        isIterable(first) ? caller.bidiOf(first, second) : caller.bidi(first);
  }
}

function isIterable(value: Requests<unknown> | CallOptions | undefined): value is Requests<unknown> {
  if (value === undefined) return false;
  if (typeof value !== "object" || value === null) {
    throw new UsageError(
      `requests are ${value === null ? "null" : `a ${typeof value}`}; give an iterable or async iterable of messages, or call options`,
    );
  }
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
