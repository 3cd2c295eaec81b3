/// <reference lib="esnext.disposable" preserve="true" />
export type { AbortSignalLike } from "../base/abort-signal.js";
export { UsageError } from "../base/usage-error.js";
export type { CallLimitOptions } from "../call/limits.js";
export type { MessageIterator } from "../call/message-iterator.js";
export type { ReceiveOptions } from "../call/receiver.js";
export type { CallOptions } from "../client/call-options.js";
export type { Client } from "../client/client.js";
export type { MethodDefaults } from "../client/client-options.js";
export type { ServerStreamCall } from "../client/streams.js";
export type { Code } from "../rpc/code.js";
export type { Codec } from "../rpc/codec.js";
export { jsonCodec, jsonCodecWith } from "../rpc/json-codec.js";
export type { Metadata, MetadataInit } from "../rpc/metadata.js";
export type { Outcome } from "../rpc/outcome.js";
export { RpcError } from "../rpc/rpc-error.js";
export { createClient, type PageClientOptions } from "./client.js";
export { type ConnectOptions, connect, type PageChannel } from "./connect.js";
