/// <reference lib="esnext.disposable" preserve="true" />
export { jsonCodec, jsonCodecWith } from "../rpc/json-codec.js";
export { type ConnectOptions, connect } from "./connect.js";
export type { FetchFunction, FetchRequest, FetchResponse } from "./platform.js";
export { type FetchHandler, type FetchServer, type ServeFetchOptions, serveFetch, toFetchHandler } from "./serve-fetch.js";
export { grpcWeb, grpcWebText, type WebProtocol } from "./web-protocol.js";
