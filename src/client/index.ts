/// <reference lib="esnext.disposable" preserve="true" />
export type { AttemptEnd } from "../call/attempted-call.js";
export { all, type FanOutOptions, race } from "../call/fan-out.js";
export { type Group, type OwnableCall, type Task, withGroup } from "../call/group.js";
export type { InterceptedCall, Interceptor } from "../call/interceptor.js";
export type { CallLimitOptions } from "../call/limits.js";
export type { MessageInfo, ReceiveMap, SendMap } from "../call/message-maps.js";
export type { ReceiveOptions } from "../call/receiver.js";
export type { SendOptions } from "../call/sender.js";
export type { Log, LogEvent } from "../observe/log.js";
export type { ChannelStatistics } from "../observe/statistics.js";
export type { CallOptions } from "./call-options.js";
export type { BackoffOptions } from "./channel/backoff.js";
export { Channel, type ChannelParts } from "./channel/channel.js";
export { type Pick, type PickableConnection, type Picker, type PickRequest, pickFirst } from "./channel/picker.js";
export { type BidiMethod, type Client, type ClientMethod, type ClientStreamMethod, createClient } from "./client.js";
export type { ClientOptions } from "./client-options.js";
export { ClientInterceptedCall, type ClientInterceptor } from "./interceptor.js";
export type { BidiCall, ClientStreamCall, ResponseStream, ServerStreamCall, StreamCall } from "./streams.js";
