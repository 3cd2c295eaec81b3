import type { DescMethod } from "@bufbuild/protobuf";
import { type HandlerContext as ConnectContext, type ContextValues, createContextValues } from "@connectrpc/connect";
import type { HandlerContext } from "../../server/handler-context.js";
import { addToHeaders } from "./headers.js";

/** What a request can have been given by interceptors before the handler sees it. */
export interface RequestFields {
  readonly header: Headers;
  readonly signal: AbortSignal;
  readonly contextValues: ContextValues;
}

/** The call as a handler of connect-es knows it. */
export function connectContext(method: DescMethod, context: HandlerContext): ConnectContext {
  const requestHeader = addToHeaders(context.requestHeaders, new Headers());
  const { path } = context.method;
  const query = context.query === "" ? "" : `?${context.query}`;
  return {
    method,
    service: method.parent,
    signal: context.signal as AbortSignal,
    timeoutMs: () => finite(context.timeRemainingMs()),
    requestMethod: context.httpMethod,
    requestHeader,
    responseHeader: new Headers(),
    responseTrailer: new Headers(),
    protocolName: protocolName(context.protocol),
    values: createContextValues(),
    url: `${context.peer.encrypted ? "https" : "http"}://${requestHeader.get("host") ?? "localhost"}${path}${query}`,
  };
}

/** The context with what interceptors have made of the request. */
export function withRequest(context: ConnectContext, { header, signal, contextValues }: RequestFields): ConnectContext {
  return { ...context, requestHeader: header, signal, values: contextValues };
}

/** connect-es does not tell gRPC-Web's text form from its binary one. */
function protocolName(protocol: string): string {
  return protocol === "grpc-web-text" ? "grpc-web" : protocol;
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}
