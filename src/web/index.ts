/// <reference lib="esnext.disposable" preserve="true" />
export { type ConnectOptions, connect } from "./connect.js";
export type { FetchFunction, FetchRequest, FetchResponse } from "./platform.js";
export { type FetchHandler, type FetchServer, type ServeFetchOptions, serveFetch, toFetchHandler } from "./serve-fetch.js";
