import type { DescMethod, DescService, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Encoded } from "../rpc/encoded.js";
import type { HandlerContext } from "./handler-context.js";
import type { Requests } from "./requests.js";
import type { Responses } from "./responses.js";

/**
 * The implementation of a service: a function for each method, by its name in lower camel case. Methods that are left out answer
 * `unimplemented`.
 */
export type ServiceImplementation<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]?: Handler<Service["method"][Name]>;
};

/** The implementation of one method. */
export type Handler<Method extends DescMethod> = Method["methodKind"] extends "unary"
  ? UnaryHandler<Method>
  : Method["methodKind"] extends "client_streaming"
    ? ClientStreamHandler<Method>
    : Method["methodKind"] extends "server_streaming"
      ? ServerStreamHandler<Method>
      : BidiHandler<Method>;

type Request<Method extends DescMethod> = MessageShape<Method["input"]>;
type Response<Method extends DescMethod> = MessageInitShape<Method["output"]> | Encoded<Method["output"]>;

/** One request, one response. */
export type UnaryHandler<Method extends DescMethod> = (
  request: Request<Method>,
  context: HandlerContext,
) => Response<Method> | Promise<Response<Method>>;

/** A stream of requests, one response. */
export type ClientStreamHandler<Method extends DescMethod> = (
  requests: Requests<Request<Method>>,
  context: HandlerContext,
) => Response<Method> | Promise<Response<Method>>;

/** One request, a stream of responses: yielded by a generator, or pushed into `out`. */
export type ServerStreamHandler<Method extends DescMethod> = (
  request: Request<Method>,
  context: HandlerContext,
  out: Responses<Response<Method>>,
) => AsyncIterable<Response<Method>> | void | Promise<void>;

/** Two streams that do not wait for each other. Responses are yielded by a generator, or pushed into `out`. */
export type BidiHandler<Method extends DescMethod> = (
  requests: Requests<Request<Method>>,
  context: HandlerContext,
  out: Responses<Response<Method>>,
) => AsyncIterable<Response<Method>> | void | Promise<void>;
