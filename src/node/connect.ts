import type { Registry } from "@bufbuild/protobuf";
import { badOption, durationOption, integerOption } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import type { CallSites } from "../client/call-site.js";
import type { BackoffOptions } from "../client/channel/backoff.js";
import { Channel, type ChannelParts } from "../client/channel/channel.js";
import { type ConnectionCheck, withCheck } from "../client/channel/checked-connection.js";
import type { Picker } from "../client/channel/picker.js";
import type { ClientInterceptor } from "../client/interceptor.js";
import { clientProtocolNamed, type ProtocolName, type TripleUnary } from "../client/protocol-name.js";
import type { Connector } from "../exchange/connection.js";
import type { Http2LimitOptions } from "../http2/index.js";
import type { Log } from "../observe/log.js";
import type { Codec } from "../rpc/codec.js";
import { jsonCodecWith } from "../rpc/json-codec.js";
import { protoCodec } from "../rpc/proto-codec.js";
import { makeClientConnection } from "../transport/http2/client-connection.js";
import { parseServerAddress } from "./address.js";
import { compressionNamed, nodeCompressions } from "./compression.js";
import { type DialOptions, dialer, socketOpener } from "./dial.js";
import { Http1ClientConnection } from "./http1/client-connection.js";
import { type Http1ClientLimits, http1ClientLimits, type ResolvedHttp1ClientLimits } from "./http1/limits.js";
import { processTransport } from "./process-transport.js";
import { nodeRuntime } from "./runtime.js";
import type { ClientTlsOptions } from "./tls-options.js";
import { refuseTripleStreams } from "./triple-streams.js";

/** Options of {@link connect}. Times are in ms. */
export interface ConnectOptions extends CallLimitOptions {
  /** What to speak. Default `"grpc"`. */
  readonly protocol?: ProtocolName;
  /**
   * The version of HTTP: `"1.1"` goes through node:http, one call at a time a connection, and needs another protocol than `"grpc"`; streams of
   * `"triple"` have the form of gRPC, and end with `unimplemented` there. Default `"2"`.
   */
  readonly httpVersion?: "1.1" | "2";
  /** With the protocol `"connect"`: ask with GET for what methods marked `NO_SIDE_EFFECTS` give, so that caches can answer. Default false. */
  readonly httpGet?: boolean;
  /**
   * With the protocol `"triple"`: the form of unary calls, gRPC's or plain HTTP. Default `"grpc"`, as dubbo-go and Dubbo Java have it; with HTTP/1.1,
   * which cannot carry that, `"http"`.
   */
  readonly tripleUnary?: TripleUnary;
  /** How messages are encoded. Default `"proto"`. */
  readonly codec?: "proto" | "json";
  /** The message types that a `google.protobuf.Any` may hold in JSON: `createRegistry(…)` of protobuf-es. Default: none. */
  readonly registry?: Registry;
  /** The name of the compression of requests (`"gzip"`, `"br"`, `"zstd"` where Node has it). Default `"identity"`: none. */
  readonly compression?: string;
  /** TLS, for addresses that begin with `https:`. */
  readonly tls?: ClientTlsOptions;
  /** The whole time for a call, unless the client or the call says otherwise. Default Infinity. */
  readonly timeoutMs?: number;
  /** Run around every call of the channel, the first outermost. */
  readonly interceptors?: readonly ClientInterceptor[];
  /**
   * Connections open at once: a further one is opened when the server's limit of streams is reached, with HTTP/1.1 when all others carry a
   * call. Default 8, with HTTP/1.1 256.
   */
  readonly maxConnections?: number;
  /** How long connecting may take, TLS and the first SETTINGS included. Default 20,000. */
  readonly connectTimeoutMs?: number;
  /** The waits between attempts to connect that fail. */
  readonly backoff?: BackoffOptions;
  /** PING the server when it has been silent so long; a connection that does not answer is given up. Default: off. */
  readonly keepalive?: { readonly intervalMs: number; readonly timeoutMs?: number; readonly withoutStreams?: boolean };
  /** The limits of the HTTP/2 engine. */
  readonly limits?: Http2LimitOptions;
  /** The limits of HTTP/1.1 connections. */
  readonly http1Limits?: Partial<Http1ClientLimits>;
  /** Chooses the connection of each attempt. Default `pickFirst`. */
  readonly picker?: Picker;
  /** Asks each connection whether it should be used: `healthCheck()` of `sluice/services`. Needs HTTP/2. Default: one that is up is used. */
  readonly healthCheck?: ConnectionCheck;
  /**
   * Which streams note where in your code they were opened, for the warning about one that is abandoned and for `channel.calls()`: of each
   * method the first 100 and then 1 in 128, all (walking the stack takes microseconds), or none. Default `"sampled"`.
   */
  readonly callSites?: CallSites;
  /** Told of failures that no call reports. Default: abandoned streams are told on the console, once for each place in the code. */
  readonly onLog?: Log;
  /** Tell `onLog` of every call that ends badly (`call-failed`, level info, with its timeline). Default false. */
  readonly logFailedCalls?: boolean;
}

/**
 * Makes a channel to the server at `http://host:port`, `https://host:port` or `unix:/path`. Does nothing on the network before the first
 * call. Throws `UsageError` for a bad address or option.
 */
export function connect(address: string, options: ConnectOptions = {}): Channel {
  const { address: where, scheme, authority } = parseServerAddress(address);
  if (options.tls !== undefined && scheme === "http" && !address.startsWith("unix:")) {
    badOption("tls", options.tls, `left out for the address ${address}, or the address begin with https:`);
  }
  const tls = scheme === "https" || options.tls !== undefined ? (options.tls ?? {}) : undefined;
  const { keepalive, connectTimeoutMs = 20_000, compression = "identity" } = options;
  const keepaliveLimits: Http2LimitOptions =
    keepalive === undefined
      ? {}
      : {
          keepaliveIntervalMs: keepalive.intervalMs,
          keepaliveTimeoutMs: keepalive.timeoutMs,
          keepaliveWithoutStreams: keepalive.withoutStreams,
        };
  durationOption("connectTimeoutMs", connectTimeoutMs, 1);
  const codec = codecNamed(options.codec ?? "proto", options.registry);
  const { protocol = "grpc", httpVersion = "2" } = options;
  if (httpVersion !== "2" && httpVersion !== "1.1") badOption("httpVersion", httpVersion, '"1.1" or "2"');
  const http2 = httpVersion === "2";
  if (!http2 && protocol === "grpc") badOption("httpVersion", httpVersion, '"2" with the protocol "grpc", whose trailers need it');
  const { healthCheck } = options;
  if (!http2 && healthCheck !== undefined)
    badOption("healthCheck", healthCheck, 'left out with the httpVersion "1.1", whose connections carry one call');
  const needsHttp2 = !http2 && protocol === "triple";
  const { tripleUnary = needsHttp2 ? "http" : undefined, interceptors = [] } = options;
  if (needsHttp2 && tripleUnary === "grpc") badOption("tripleUnary", tripleUnary, '"http" with HTTP/1.1');
  const dial: DialOptions = tls === undefined ? { address: where } : { address: where, tls };
  const limits = { ...keepaliveLimits, ...options.limits };
  const http1Limits = http1ClientLimits(options.http1Limits);
  const connector = !http2
    ? http1Connector(dial, connectTimeoutMs, http1Limits)
    : http2Connector(dial, { ...processTransport("client", limits), connectTimeoutMs });
  const parts: ChannelParts = {
    runtime: nodeRuntime,
    connector,
    callsPerConnection: http2 ? undefined : 1,
    target: { scheme: tls === undefined ? "http" : "https", authority },
    protocol: clientProtocolNamed(protocol, { codec: codec.name, httpGet: options.httpGet, tripleUnary }),
    codec,
    compressions: nodeCompressions,
    compression: compressionNamed(compression),
    limits: resolveCallLimits(options),
    timeoutMs: durationOption("timeoutMs", options.timeoutMs ?? Number.POSITIVE_INFINITY, 0),
    interceptors: needsHttp2 ? [refuseTripleStreams, ...interceptors] : interceptors,
    maxConnections: integerOption("maxConnections", http2 ? (options.maxConnections ?? 8) : (options.maxConnections ?? 256), 1, 100_000),
    backoff: options.backoff ?? {},
    picker: options.picker,
    callSites: options.callSites,
    log: options.onLog ?? logAbandoned,
    logFailedCalls: options.logFailedCalls ?? false,
  };
  return new Channel(withCheck(parts, healthCheck));
}

function http2Connector(dial: DialOptions, transport: Parameters<typeof makeClientConnection>[1]): Connector {
  const open = dialer(dial);
  return (events) => makeClientConnection(open, transport, events);
}

function http1Connector(dial: DialOptions, connectTimeoutMs: number, limits: ResolvedHttp1ClientLimits): Connector {
  const open = socketOpener(dial, ["http/1.1"]);
  return (events) => new Http1ClientConnection(open, connectTimeoutMs, limits, nodeRuntime, events);
}

const logAbandoned: Log = ({ event, message, method }) => {
  if (event === "stream-abandoned") console.error(`sluice: ${message} (${method})`);
};

function codecNamed(name: string, registry: Registry | undefined): Codec {
  if (name === "proto") return protoCodec;
  return name === "json" ? jsonCodecWith(registry) : badOption("codec", name, '"proto" or "json"');
}
