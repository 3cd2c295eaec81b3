import { badOption, durationOption } from "../base/usage-error.js";
import { type CallLimitOptions, resolveCallLimits } from "../call/limits.js";
import type { CallSites } from "../client/call-site.js";
import { Channel } from "../client/channel/channel.js";
import type { ClientInterceptor } from "../client/interceptor.js";
import type { ClientProtocol } from "../exchange/client-protocol.js";
import type { ClientConnectionEvents } from "../exchange/connection.js";
import type { Log } from "../observe/log.js";
import { connectClient } from "../protocol/connect/index.js";
import type { Codec } from "../rpc/codec.js";
import type { Method } from "../rpc/method.js";
import { protoCodec } from "../rpc/proto-codec.js";
import { parseBaseUrl } from "./base-url.js";
import { FetchClientConnection } from "./fetch-client-connection.js";
import type { FetchTarget } from "./fetch-client-exchange.js";
import type { FetchFunction } from "./platform.js";
import { refuseRequestStreams, TURNED_OFF, whyNoRequestStreams } from "./request-streaming.js";
import { webRuntime } from "./runtime.js";
import type { WebProtocol } from "./web-protocol.js";

/** Options of {@link connect}. Times are in ms. */
export interface ConnectOptions extends CallLimitOptions {
  /** What to speak: `"connect"`, `grpcWeb` or `grpcWebText`; the last two are imported, so that only pages that want them load them. Default `"connect"`. */
  readonly protocol?: "connect" | WebProtocol;
  /** With the protocol `"connect"`: ask with GET for what methods marked `NO_SIDE_EFFECTS` give, so that caches can answer. Default false. */
  readonly httpGet?: boolean;
  /**
   * How messages are encoded: `"proto"`, `jsonCodec`, or what `jsonCodecWith(registry)` gives; JSON is imported, so that only pages that want it
   * load it. Default `"proto"`.
   */
  readonly codec?: "proto" | Codec;
  /** The whole time for a call, unless the client or the call says otherwise. Default Infinity. */
  readonly timeoutMs?: number;
  /** Run around every call of the channel, the first outermost. */
  readonly interceptors?: readonly ClientInterceptor[];
  /** Whether cookies and the like go along (Fetch Standard, "credentials mode"). Default: the platform's, `"same-origin"`. */
  readonly credentials?: "omit" | "same-origin" | "include";
  /** Whether servers of other origins may be called (Fetch Standard, "mode"). Default: the platform's, `"cors"`. */
  readonly mode?: "cors" | "same-origin";
  /** What the browser's cache does (Fetch Standard, "cache mode"). Default: the platform's, `"default"`. */
  readonly cache?: "default" | "no-store" | "reload" | "no-cache" | "force-cache" | "only-if-cached";
  /** What makes the requests. Default: the platform's `fetch`, as it is when a call begins. */
  readonly fetch?: FetchFunction;
  /**
   * Whether `fetch` can send a body while it is being made. Without, calls of methods that stream requests end with `unimplemented`. Default:
   * found out. In browsers it is Chromium that can, and to `https://` alone, for that takes HTTP/2.
   */
  readonly requestStreaming?: boolean;
  /** Which streams note where in your code they were opened, see `connect()` of `sluice/node`. Default `"sampled"`. */
  readonly callSites?: CallSites;
  /** Told of failures that no call reports. Default: abandoned streams are told on the console, once for each place in the code. */
  readonly onLog?: Log;
  /** Tell `onLog` of every call that ends badly (`call-failed`, level info, with its timeline). Default false. */
  readonly logFailedCalls?: boolean;
}

/**
 * Makes a channel over fetch to the server at `https://host`, with a path in front of those of the methods if you like (`https://host/api`); in a
 * page also relative to it (`/api`). Does nothing on the network before the first call. Redirects are not followed. The requests of a stream
 * come before its responses: methods that need both at once need HTTP/2 (`sluice/node`). Throws `UsageError` for a bad address or option.
 */
export function connect(baseUrl: string, options: ConnectOptions = {}): Channel {
  const { base, scheme, authority } = parseBaseUrl(baseUrl);
  const { credentials, mode, cache, interceptors = [], requestStreaming } = options;
  const refused = requestStreaming === undefined ? whyNoRequestStreams(scheme) : requestStreaming ? undefined : TURNED_OFF;
  const codec = codecOf(options.codec ?? "proto");
  const target: FetchTarget = {
    base,
    fetch: options.fetch ?? ((...request) => fetch(...request)),
    // some platforms refuse options that they do not know, so that only those that are wanted are named
    init: {
      redirect: "manual",
      ...(credentials === undefined ? {} : { credentials }),
      ...(mode === undefined ? {} : { mode }),
      ...(cache === undefined ? {} : { cache }),
    },
  };
  return new Channel({
    runtime: webRuntime(),
    connector: (events: ClientConnectionEvents) => new FetchClientConnection(target, events),
    target: { scheme, authority },
    protocol: protocolOf(options.protocol ?? "connect", codec.name, options.httpGet ?? false),
    codec,
    compressions: [],
    compression: undefined,
    limits: resolveCallLimits(options),
    timeoutMs: durationOption("timeoutMs", options.timeoutMs ?? Number.POSITIVE_INFINITY, 0),
    interceptors: refused === undefined ? interceptors : [refuseRequestStreams(refused), ...interceptors],
    maxConnections: 1,
    backoff: {},
    picker: undefined,
    callSites: options.callSites,
    log: options.onLog ?? logAbandoned,
    logFailedCalls: options.logFailedCalls ?? false,
  });
}

const logAbandoned: Log = ({ event, message, method }) => {
  if (event === "stream-abandoned") console.error(`sluice: ${message} (${method})`);
};

function protocolOf(protocol: "connect" | WebProtocol, codec: string, httpGet: boolean): (method: Method) => ClientProtocol {
  if (protocol === "connect") return connectClient(codec, httpGet);
  if (typeof protocol !== "object") badOption("protocol", protocol, '"connect", or grpcWeb or grpcWebText of sluice/web');
  if (httpGet) badOption("httpGet", httpGet, `false with the protocol ${protocol.name}: only "connect" has GET`);
  return protocol.client;
}

function codecOf(codec: "proto" | Codec): Codec {
  if (codec === "proto") return protoCodec;
  return typeof codec === "object" ? codec : badOption("codec", codec, '"proto", or jsonCodec of sluice/web');
}
