import { type DescMessage, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import type { CallLimitOptions } from "../call/limits.js";
import type { Codec } from "../rpc/codec.js";
import type { FetchFunction } from "../web/platform.js";
import { type PageLimits, resolveLimits } from "./limits.js";

/** Options of {@link connect}. Times are in ms. Those of `sluice/web` that are not here have no place in a client this small. */
export interface ConnectOptions extends CallLimitOptions {
  /** How messages are encoded: `"proto"`, `jsonCodec`, or what `jsonCodecWith(registry)` gives. Default `"proto"`. */
  readonly codec?: "proto" | Codec;
  /** The whole time for a call, unless the client or the call says otherwise. Default Infinity. */
  readonly timeoutMs?: number;
  /** Whether cookies and the like go along (Fetch Standard, "credentials mode"). Default: the platform's, `"same-origin"`. */
  readonly credentials?: "omit" | "same-origin" | "include";
  /** Whether servers of other origins may be called (Fetch Standard, "mode"). Default: the platform's, `"cors"`. */
  readonly mode?: "cors" | "same-origin";
  /** What the browser's cache does (Fetch Standard, "cache mode"). Default: the platform's, `"default"`. */
  readonly cache?: "default" | "no-store" | "reload" | "no-cache" | "force-cache" | "only-if-cached";
  /**
   * What makes the requests: the place for what other clients do in interceptors, such as a header that every call needs. Default: the
   * platform's `fetch`, as it is when a call begins.
   */
  readonly fetch?: FetchFunction;
}

/** A server, as `createClient()` of this entry takes it. It holds nothing, and has no end: calls are ended one by one. */
export interface PageChannel {
  /** What stands before every path, without a slash at its end. */
  readonly base: string;
  /** What every request is made with; `fetch`, which makes it, is in it too. */
  readonly init: object;
  readonly codec: PageCodec;
  readonly limits: PageLimits;
}

/** What a page wants of a codec: the bytes are always its own. */
interface PageCodec extends Omit<Codec, "decode"> {
  decode<Desc extends DescMessage>(schema: Desc, bytes: Uint8Array): MessageShape<Desc>;
}

const proto: PageCodec = { name: "proto", encode: toBinary, decode: fromBinary };

/**
 * The server at `https://host`, with a path in front of those of the methods if you like (`https://host/api`); in a page also relative to it
 * (`/api`). Does nothing on the network. What is wrong with the address is told by the calls. Throws `UsageError` for a bad option.
 */
export function connect(baseUrl: string, options: ConnectOptions = {}): PageChannel {
  const { codec, ...init } = options;
  return {
    base: baseUrl.replace(/\/$/, ""),
    init: { ...init, redirect: "manual" },
    codec: typeof codec === "object" ? codec : proto,
    limits: resolveLimits(options),
  };
}
