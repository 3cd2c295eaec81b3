import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
} from "@bufbuild/protobuf";
import type { HandlerContext as ConnectContext, Interceptor, StreamRequest, UnaryRequest } from "@connectrpc/connect";
import type { HandlerContext } from "../../server/handler-context.js";
import { connectContext, withRequest } from "./context.js";
import { toRpcError, withConnectErrors } from "./errors.js";
import { addToMetadata } from "./headers.js";
import { withInterceptors } from "./interceptors.js";
import { lazily, mapMessages, only } from "./messages.js";

/** An implementation of a method, written for connect-es. */
export type ConnectHandler = (request: never, context: ConnectContext) => unknown;

type Init = MessageInitShape<DescMethod["output"]>;

/** The same as a handler of Sluice. */
export function sluiceHandler(method: DescMethod, handler: ConnectHandler, interceptors: readonly Interceptor[]): unknown {
  if (method.methodKind === "unary") return unary(method as DescMethodUnary, handler, interceptors);
  const streams = method as DescMethodStreaming;
  switch (streams.methodKind) {
    case "client_streaming":
      return async (requests: AsyncIterable<Message>, context: HandlerContext) => {
        let answer: Message | undefined;
        // to the end, where the trailers are
        for await (const response of streaming(streams, handler, interceptors, requests, context)) answer = response;
        return answer;
      };
    case "server_streaming":
      return (request: Message, context: HandlerContext) => streaming(streams, handler, interceptors, only(request), context);
    case "bidi_streaming":
      return (requests: AsyncIterable<Message>, context: HandlerContext) => streaming(streams, handler, interceptors, requests, context);
  }
}

function unary(method: DescMethodUnary, handler: ConnectHandler, interceptors: readonly Interceptor[]): unknown {
  return async (message: Message, context: HandlerContext): Promise<Message> => {
    const theirs = connectContext(method, context);
    let headersSet = false;
    const call = async (request: UnaryRequest) => {
      const answer = (await handler(request.message as never, withRequest(theirs, request))) as Init;
      return { ...responseFields(method, theirs), stream: false as const, method, message: create(method.output, answer) };
    };
    try {
      const request = { ...requestFields(theirs), stream: false as const, method, message };
      const response = await withInterceptors(call, interceptors)(request);
      headersSet = true;
      addToMetadata(response.header, context.responseHeaders);
      addToMetadata(response.trailer, context.responseTrailers);
      return response.message;
    } catch (reason) {
      if (!headersSet) addToMetadata(theirs.responseHeader, context.responseHeaders);
      throw failed(reason, theirs, context);
    }
  };
}

/** Response headers go with the first response, so that a handler can set them up to then. */
function streaming(
  method: DescMethodStreaming,
  handler: ConnectHandler,
  interceptors: readonly Interceptor[],
  messages: AsyncIterable<Message>,
  context: HandlerContext,
): AsyncIterable<Message> {
  const theirs = connectContext(method, context);
  const call = async (request: StreamRequest) => {
    const message = answers(method, handler, request, withRequest(theirs, request));
    return { ...responseFields(method, theirs), stream: true as const, method, message };
  };
  let { header, trailer } = responseFields(method, theirs);
  let headersSet = false;
  const setHeaders = (): void => {
    if (!headersSet) addToMetadata(header, context.responseHeaders);
    headersSet = true;
  };
  const responses = lazily(async () => {
    const request = { ...requestFields(theirs), stream: true as const, method, message: withConnectErrors(messages) };
    const response = await withInterceptors(call, interceptors)(request);
    ({ header, trailer } = response);
    return response.message;
  });
  return mapMessages(responses, {
    message(response) {
      setHeaders();
      return response;
    },
    end() {
      setHeaders();
      addToMetadata(trailer, context.responseTrailers);
    },
    failure(reason) {
      setHeaders();
      return failed(reason, theirs, context);
    },
  });
}

/** What the handler answers to the requests: one message or many, by the kind of the method. */
function answers(
  method: DescMethodStreaming,
  handler: ConnectHandler,
  { message: requests }: StreamRequest,
  context: ConnectContext,
): AsyncIterable<Message> {
  if (method.methodKind === "client_streaming") return answer(method, handler, requests, context);
  const called = lazily(async () => {
    const asked = method.methodKind === "bidi_streaming" ? requests : await first(requests);
    return handler(asked as never, context) as AsyncIterable<Init>;
  });
  return mapMessages(called, { message: (init) => create(method.output, init) });
}

async function* answer(
  method: DescMethodStreaming,
  handler: ConnectHandler,
  requests: AsyncIterable<Message>,
  context: ConnectContext,
): AsyncGenerator<Message> {
  yield create(method.output, (await handler(requests as never, context)) as Init);
}

function requestFields(context: ConnectContext): Omit<UnaryRequest, "stream" | "method" | "message"> {
  const { service, requestMethod, url, signal, requestHeader, values } = context;
  return { service, requestMethod, url, signal, header: requestHeader, contextValues: values };
}

function responseFields(method: DescMethod, context: ConnectContext): Pick<UnaryRequest, "service" | "header"> & { trailer: Headers } {
  return { service: method.parent, header: context.responseHeader, trailer: context.responseTrailer };
}

/** The error for Sluice; trailers that were set before it go along, as with connect-es. */
function failed(reason: unknown, theirs: ConnectContext, context: HandlerContext): unknown {
  addToMetadata(theirs.responseTrailer, context.responseTrailers);
  return toRpcError(reason);
}

async function first(messages: AsyncIterable<Message>): Promise<Message | undefined> {
  for await (const message of messages) return message;
  return undefined;
}
