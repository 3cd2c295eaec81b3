import type { Interceptor } from "../call/interceptor.js";
import type { HandlerContext } from "./handler-context.js";

/** An interceptor of a server: it is given the handler's own context. */
export type ServerInterceptor = Interceptor<HandlerContext>;
