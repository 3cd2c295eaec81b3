/// <reference lib="esnext.disposable" preserve="true" />

export type { AbortSignalLike } from "./base/abort-signal.js";
export type { Initiator } from "./base/initiator.js";
export type { Peer, PeerCertificate } from "./base/peer.js";
export type { Timeline, TimelineEntry } from "./base/timeline.js";
export { UsageError } from "./base/usage-error.js";
export { type Broadcast, type BroadcastOptions, type BroadcastStatistics, createBroadcast, type JoinOptions } from "./call/broadcast.js";
export type { MessageStream } from "./call/sending-half.js";
export type { SlowReader } from "./call/slow-reader.js";
export * from "./client/index.js";
export type { Code, CodeName } from "./rpc/code.js";
export { codeFromNumber, codeToNumber } from "./rpc/code.js";
export type { Codec } from "./rpc/codec.js";
export type { Compression } from "./rpc/compression.js";
export { type ContextKey, ContextValues, contextKey } from "./rpc/context-values.js";
export { type Encoded, encode } from "./rpc/encoded.js";
export { detail } from "./rpc/error-detail.js";
export { jsonCodec, jsonCodecWith } from "./rpc/json-codec.js";
export { Metadata, type MetadataInit, type MetadataOptions, type MetadataValue } from "./rpc/metadata.js";
export type { Method, MethodKind } from "./rpc/method.js";
export { Outcome } from "./rpc/outcome.js";
export { protoCodec } from "./rpc/proto-codec.js";
export { RpcError, type RpcErrorOptions } from "./rpc/rpc-error.js";
export type { ErrorDetail } from "./rpc/status.js";
