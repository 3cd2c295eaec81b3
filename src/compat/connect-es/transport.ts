import { create, type DescMethodStreaming, type DescMethodUnary, type DescService } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { UsageError } from "../../base/usage-error.js";
import type { CallOptions } from "../../client/call-options.js";
import type { Channel } from "../../client/channel/channel.js";
import { createClient as createSluiceClient } from "../../client/client.js";
import type { ResponseStream } from "../../client/streams.js";
import { Metadata } from "../../rpc/metadata.js";
import { toConnectError, withConnectErrors } from "./errors.js";
import { addToHeaders, addToMetadata } from "./headers.js";
import { withInterceptors } from "./interceptors.js";
import { mapMessages, only } from "./messages.js";
import { TimeLimit } from "./time-limit.js";

/** Options of {@link createTransport}. */
export interface TransportOptions {
  /** Interceptors of connect-es, the first outermost, around those of Sluice. Default none. */
  readonly interceptors?: readonly Interceptor[];
  /** The time for calls that say none, in ms, all that interceptors do included. 0 or less: no limit. Default: the channel's. */
  readonly defaultTimeoutMs?: number;
}

/** Any client of Sluice, by the names of its methods: what each takes and gives follows from the kind of the method. */
type Methods = { readonly [name: string]: (request: unknown, options: CallOptions) => unknown };

/**
 * A `Transport` for clients of `@connectrpc/connect` that calls over a channel of Sluice: `createClient(Service, createTransport(channel))`.
 * Calls reject with `ConnectError`, whose cause is Sluice's `RpcError`; interceptors see the same. The channel stays yours to close. Throws
 * `UsageError` for other options of connect-es's transports: the channel has them.
 *
 * Clients that `createClient` of connect-es makes do not say when a `for await` is left; such a call is cancelled when its signal aborts, or when
 * its response is collected as garbage. Those of `createClient` beside it cancel at once.
 */
export function createTransport(channel: Channel, options: TransportOptions = {}): Transport {
  const { interceptors = [], defaultTimeoutMs, ...others } = options;
  refuse(others);
  const { runtime, target } = channel.parts;
  const clients = new WeakMap<DescService, Methods>();

  function methodsOf(service: DescService): Methods {
    let methods = clients.get(service);
    if (methods === undefined) {
      methods = createSluiceClient(service, channel) as unknown as Methods;
      clients.set(service, methods);
    }
    return methods;
  }

  function call(method: DescMethodUnary | DescMethodStreaming, request: unknown, callOptions: CallOptions): unknown {
    return methodsOf(method.parent)[method.localName]?.(request, callOptions);
  }

  async function unary({ method, message, header, signal }: UnaryRequest, limit: TimeLimit): Promise<UnaryResponse> {
    const { fields, listeners } = responseFields();
    try {
      const answer = await call(method, message, { ...callOptions(header, signal, limit), ...listeners });
      return { ...fields, service: method.parent, stream: false, method, message: answer as UnaryResponse["message"] };
    } catch (reason) {
      throw toConnectError(reason, fields.header);
    }
  }

  async function stream({ method, message, header, signal }: StreamRequest, limit: TimeLimit): Promise<StreamResponse> {
    const { fields, listeners } = responseFields();
    const common = { ...fields, service: method.parent, stream: true as const, method };
    try {
      const requests = method.methodKind === "server_streaming" ? await single(method, message) : message;
      // after the wait: what is left of the time is less
      const withListeners = { ...callOptions(header, signal, limit), ...listeners };
      if (method.methodKind === "client_streaming") {
        const answer = (await call(method, requests, withListeners)) as UnaryResponse["message"];
        return { ...common, message: only(answer) };
      }
      const responses = call(method, requests, withListeners) as ResponseStream<UnaryResponse["message"]>;
      await responses.headers;
      return { ...common, message: withConnectErrors(responses, fields.header) };
    } catch (reason) {
      throw toConnectError(reason, fields.header);
    }
  }

  function requestFields(
    method: DescMethodUnary | DescMethodStreaming,
    signal: AbortSignal | undefined,
    header: ConstructorParameters<typeof Headers>[0],
  ): Pick<UnaryRequest, "service" | "requestMethod" | "url" | "signal" | "header"> {
    return {
      service: method.parent,
      requestMethod: "POST",
      url: `${target.scheme}://${target.authority}/${method.parent.typeName}/${method.name}`,
      signal: signal ?? new AbortController().signal,
      header: new Headers(header),
    };
  }

  function timeLimit(timeoutMs: number | undefined): TimeLimit {
    return new TimeLimit(runtime, noLimitFromZero(timeoutMs ?? defaultTimeoutMs ?? channel.parts.timeoutMs));
  }

  const transport: Transport = {
    async unary(method, signal, timeoutMs, header, input, contextValues = createContextValues()) {
      const limit = timeLimit(timeoutMs);
      const next = withInterceptors((request: UnaryRequest) => unary(request, limit), interceptors);
      const message = create(method.input, input);
      const request = { ...requestFields(method, signal, header), stream: false as const, method, message, contextValues };
      const response = next(request).catch(rethrow);
      // alone, the call keeps to its time by itself
      return (interceptors.length === 0 ? response : limit.bound(response, signal)) as never;
    },
    stream(method, signal, timeoutMs, header, input, contextValues = createContextValues()) {
      const limit = timeLimit(timeoutMs);
      const next = withInterceptors((request: StreamRequest) => stream(request, limit), interceptors);
      const message = mapMessages(input, { message: (init) => create(method.input, init) });
      const request = { ...requestFields(method, signal, header), stream: true as const, method, message, contextValues };
      const response = limit.bound(next(request).catch(rethrow), signal);
      // clients of connect-es look at it when somebody reads, which may be never
      response.catch(() => {});
      return response as never;
    },
  };
  return transport;
}

/** What connect-es's transports are told of addresses, HTTP and codecs is said where the channel is made. */
function refuse(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new UsageError(`option ${name} of connect-es is not taken over by createTransport(); give connect() what it stands for`);
  }
}

function rethrow(reason: unknown): never {
  throw toConnectError(reason);
}

/** connect-es: zero and less is no limit, for Sluice zero is no time at all. */
function noLimitFromZero(timeoutMs: number): number {
  return timeoutMs <= 0 ? Number.POSITIVE_INFINITY : timeoutMs;
}

function callOptions(header: Headers, signal: AbortSignal, { remainingMs }: TimeLimit): CallOptions {
  return { headers: addToMetadata(header, new Metadata()), signal, timeoutMs: remainingMs };
}

/** Headers and trailers of a response, filled as they come. */
function responseFields(): {
  readonly fields: { readonly header: Headers; readonly trailer: Headers };
  readonly listeners: Pick<CallOptions, "onHeaders" | "onTrailers">;
} {
  const fields = { header: new Headers(), trailer: new Headers() };
  const onHeaders = (headers: Metadata): void => void addToHeaders(headers, fields.header);
  const onTrailers = (trailers: Metadata): void => void addToHeaders(trailers, fields.trailer);
  return { fields, listeners: { onHeaders, onTrailers } };
}

type StreamMessage = UnaryRequest["message"];

async function single(method: DescMethodStreaming, messages: AsyncIterable<StreamMessage>): Promise<StreamMessage> {
  let found: StreamMessage | undefined;
  for await (const message of messages) {
    if (found !== undefined) throw new ConnectError(`${method.name} takes one request, and more were given`, Code.InvalidArgument);
    found = message;
  }
  if (found === undefined) throw new ConnectError(`${method.name} takes one request, and none was given`, Code.InvalidArgument);
  return found;
}
