/// <reference lib="esnext.disposable" preserve="true" />
export { all, type FanOutOptions, race } from "../call/fan-out.js";
export { type Group, type OwnableCall, type Task, withGroup } from "../call/group.js";
export type { InterceptedCall, Interceptor } from "../call/interceptor.js";
export type { CallLimitOptions } from "../call/limits.js";
export type { MessageIterator } from "../call/message-iterator.js";
export type { MessageInfo, ReceiveMap, SendMap } from "../call/message-maps.js";
export type { ReceiveOptions } from "../call/receiver.js";
export type { SendOptions } from "../call/sender.js";
export type { CallSnapshot, WaitingFor } from "../observe/call-snapshot.js";
export type { Log, LogEvent } from "../observe/log.js";
export type { ServerStatistics } from "../observe/statistics.js";
export type { BidiHandler, ClientStreamHandler, Handler, ServerStreamHandler, ServiceImplementation, UnaryHandler } from "./handler.js";
export { HandlerContext } from "./handler-context.js";
export type { ServerInterceptor } from "./interceptor.js";
export type { Requests } from "./requests.js";
export type { Responses } from "./responses.js";
export { type MethodOptions, Router, type ServiceOptions } from "./router.js";
export { Server, type ServerParts } from "./server.js";
