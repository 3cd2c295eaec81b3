/// <reference lib="esnext.disposable" preserve="true" />
export { type ConnectOptions, connect } from "./connect.js";
export type { FetchFunction } from "./platform.js";
