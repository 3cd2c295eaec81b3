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
import type { CallOptions } from "../../client/call-options.js";
import type { Channel } from "../../client/channel/channel.js";
import { createClient } from "../../client/client.js";
import type { ResponseStream } from "../../client/streams.js";
import { Metadata } from "../../rpc/metadata.js";
import { toConnectError, withConnectErrors } from "./errors.js";
import { addToHeaders, addToMetadata } from "./headers.js";
import { withInterceptors } from "./interceptors.js";

/** Options of {@link createTransport}. */
export interface TransportOptions {
  /** Interceptors of connect-es, the first outermost, inside those of Sluice. Default none. */
  readonly interceptors?: readonly Interceptor[];
  /** The time for calls that say none, in ms. Default: the channel's. */
  readonly defaultTimeoutMs?: number;
}

/** Any client of Sluice, by the names of its methods: what each takes and gives follows from the kind of the method. */
type Methods = { readonly [name: string]: (request: unknown, options: CallOptions) => unknown };

/**
 * A `Transport` for clients of `@connectrpc/connect` that calls over a channel of Sluice: `createClient(Service, createTransport(channel))`.
 * Calls reject with `ConnectError`, whose cause is Sluice's `RpcError`. The channel stays yours to close.
 *
 * Clients of connect-es do not say when a `for await` is left: give such a call a signal and abort it. One that was left without is cancelled
 * when its response is collected as garbage; clients of Sluice cancel at once.
 */
export function createTransport(channel: Channel, options: TransportOptions = {}): Transport {
  const { interceptors = [], defaultTimeoutMs } = options;
  const { scheme, authority } = channel.parts.target;
  const clients = new WeakMap<DescService, Methods>();

  function methodsOf(service: DescService): Methods {
    let methods = clients.get(service);
    if (methods === undefined) {
      methods = createClient(service, channel) as unknown as Methods;
      clients.set(service, methods);
    }
    return methods;
  }

  function call(method: DescMethodUnary | DescMethodStreaming, request: unknown, callOptions: CallOptions): unknown {
    return methodsOf(method.parent)[method.localName]?.(request, callOptions);
  }

  async function unary({ method, message, header, signal }: UnaryRequest, timeoutMs: number | undefined): Promise<UnaryResponse> {
    const response = responseFields();
    const answer = await call(method, message, { ...callOptions(header, signal, timeoutMs), ...response.listeners });
    return { ...response.fields, service: method.parent, stream: false, method, message: answer as UnaryResponse["message"] };
  }

  async function stream({ method, message, header, signal }: StreamRequest, timeoutMs: number | undefined): Promise<StreamResponse> {
    const response = responseFields();
    const withListeners = { ...callOptions(header, signal, timeoutMs), ...response.listeners };
    const common = { ...response.fields, service: method.parent, stream: true as const, method };
    if (method.methodKind === "client_streaming") {
      const answer = (await call(method, message, withListeners)) as UnaryResponse["message"];
      return { ...common, message: only(answer) };
    }
    const requests = method.methodKind === "bidi_streaming" ? message : await single(method, message);
    const responses = call(method, requests, withListeners) as ResponseStream<UnaryResponse["message"]>;
    await responses.headers;
    return { ...common, message: withConnectErrors(responses) };
  }

  function requestFields(
    method: DescMethodUnary | DescMethodStreaming,
    signal: AbortSignal | undefined,
    header: ConstructorParameters<typeof Headers>[0],
  ): Pick<UnaryRequest, "service" | "requestMethod" | "url" | "signal" | "header"> {
    return {
      service: method.parent,
      requestMethod: "POST",
      url: `${scheme}://${authority}/${method.parent.typeName}/${method.name}`,
      signal: signal ?? new AbortController().signal,
      header: new Headers(header),
    };
  }

  const limit = (timeoutMs: number | undefined): number | undefined => noLimitFromZero(timeoutMs ?? defaultTimeoutMs);
  const transport: Transport = {
    async unary(method, signal, timeoutMs, header, input, contextValues = createContextValues()) {
      const next = withInterceptors((request: UnaryRequest) => unary(request, limit(timeoutMs)), interceptors);
      const message = create(method.input, input);
      const request = { ...requestFields(method, signal, header), stream: false as const, method, message, contextValues };
      return (await next(request).catch(rethrow)) as never;
    },
    async stream(method, signal, timeoutMs, header, input, contextValues = createContextValues()) {
      const next = withInterceptors((request: StreamRequest) => stream(request, limit(timeoutMs)), interceptors);
      const message = created(method, input);
      const request = { ...requestFields(method, signal, header), stream: true as const, method, message, contextValues };
      return (await next(request).catch(rethrow)) as never;
    },
  };
  return transport;
}

function rethrow(reason: unknown): never {
  throw toConnectError(reason);
}

/** connect-es: zero and less is no limit, for Sluice zero is no time at all. */
function noLimitFromZero(timeoutMs: number | undefined): number | undefined {
  return timeoutMs !== undefined && timeoutMs <= 0 ? Number.POSITIVE_INFINITY : timeoutMs;
}

function callOptions(header: Headers, signal: AbortSignal, timeoutMs: number | undefined): CallOptions {
  return { headers: addToMetadata(header, new Metadata()), signal, timeoutMs };
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

async function* only<Message>(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function* created(method: DescMethodStreaming, inputs: AsyncIterable<unknown>): AsyncGenerator<StreamMessage> {
  for await (const input of inputs) yield create(method.input, input as StreamMessage);
}

type StreamMessage = UnaryRequest["message"];

async function single(method: DescMethodStreaming, messages: AsyncIterable<StreamMessage>): Promise<StreamMessage> {
  let only: StreamMessage | undefined;
  for await (const message of messages) {
    if (only !== undefined) throw new ConnectError(`${method.name} takes one request, and more were given`, Code.InvalidArgument);
    only = message;
  }
  if (only === undefined) throw new ConnectError(`${method.name} takes one request, and none was given`, Code.InvalidArgument);
  return only;
}
