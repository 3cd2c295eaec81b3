/// <reference lib="esnext.disposable" preserve="true" />

export { type Closable, type CloseOnSignalOptions, closeOnSignal, type SignalListeners } from "./close-on-signal.js";
export { brotli, gzip, zstd } from "./compression.js";
export { type ConnectOptions, connect } from "./connect.js";
export type { Http1ClientLimits, Http1Limits } from "./http1/limits.js";
export { type NodeHandler, toNodeHandler } from "./node-handler.js";
export type { NodeRequest, NodeRequestHandler, NodeResponse } from "./node-request.js";
export { type RunningServer, type ServeOptions, serve } from "./serve.js";
export type { ServerOptions } from "./server-options.js";
export type { ClientTlsOptions, ServerTlsOptions, TlsMaterial } from "./tls-options.js";
