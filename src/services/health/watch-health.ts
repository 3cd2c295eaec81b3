import type { DescService } from "@bufbuild/protobuf";
import { type AbortSignalLike, newAbortSource } from "../../base/abort-signal.js";
import { Backoff, type BackoffOptions } from "../../client/channel/backoff.js";
import type { Channel } from "../../client/channel/channel.js";
import { createClient } from "../../client/client.js";
import type { MetadataInit } from "../../rpc/metadata.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { pause } from "./pause.js";
import { nameOf } from "./server-health.js";
import { type ServingStatus, statusFromWire } from "./serving-status.js";

/** Options of {@link watchHealth}. */
export interface WatchHealthOptions {
  /** The service to watch: its descriptor or its name. Default "": the server as a whole. */
  readonly service?: DescService | string;
  /** Aborting ends the iteration. */
  readonly signal?: AbortSignalLike | undefined;
  /** The metadata of each request. */
  readonly headers?: MetadataInit | undefined;
  /** The least time from one attempt to the next, as it grows while none succeeds. Default: as a channel's. */
  readonly backoff?: BackoffOptions;
}

/**
 * How a server says it stands: its status now, then each other one, over `grpc.health.v1.Health/Watch`. A server that is about to go says
 * `NOT_SERVING` first. `UNKNOWN`: the server cannot be asked; it is asked again, with back-off, for ever. A server without a health service counts as
 * `SERVING`, and the iteration ends. It ends too when it is left, when `signal` aborts, and when the channel is closed; it rejects with nothing.
 * Throws `UsageError` for a bad option.
 */
export function watchHealth(channel: Channel, options: WatchHealthOptions = {}): AsyncGenerator<ServingStatus, void, undefined> {
  const { service = "", backoff = {} } = options;
  return watch(channel, nameOf(service), options, new Backoff(backoff, () => channel.parts.runtime.random()));
}

async function* watch(
  channel: Channel,
  service: string,
  { signal, headers }: WatchHealthOptions,
  backoff: Backoff,
): AsyncGenerator<ServingStatus, void, undefined> {
  const { runtime } = channel.parts;
  const health = createClient(Health, channel, { idleTimeoutMs: Number.POSITIVE_INFINITY, timeoutMs: Number.POSITIVE_INFINITY });
  const stop = newAbortSource();
  const end = (): void => stop.abort(undefined);
  const endings = signal === undefined ? [channel.draining] : [channel.draining, signal];
  for (const ending of endings) {
    if (ending.aborted) end();
    else ending.addEventListener("abort", end);
  }
  let told: ServingStatus | undefined;
  try {
    while (!stop.signal.aborted) {
      const began = runtime.now();
      let failure: unknown;
      try {
        for await (const { status } of health.watch({ service }, { signal: stop.signal, headers })) {
          backoff.reset();
          const now = statusFromWire(status);
          if (now !== told) yield (told = now);
        }
      } catch (error) {
        failure = error;
      }
      if (stop.signal.aborted) return;
      const unimplemented = failure instanceof RpcError && failure.code === "unimplemented";
      // a watch that ended well did so with its connection: whether the server is gone, the next attempt tells
      const lost = failure !== undefined || told === undefined;
      const now = unimplemented ? "SERVING" : lost ? "UNKNOWN" : told;
      if (now !== undefined && now !== told) yield (told = now);
      if (unimplemented) return;
      const wait = began + backoff.next() - runtime.now();
      if (wait > 0) await pause(runtime, wait, stop.signal);
    }
  } finally {
    for (const ending of endings) ending.removeEventListener("abort", end);
  }
}
