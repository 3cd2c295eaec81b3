/// <reference lib="esnext.disposable" preserve="true" />
export { brotli, gzip, zstd } from "./compression.js";
export { type ConnectOptions, connect } from "./connect.js";
export { type RunningServer, type ServeOptions, serve } from "./serve.js";
export type { ClientTlsOptions, ServerTlsOptions, TlsMaterial } from "./tls-options.js";
