// The server side of gRPC's interop cases: grpc.testing.TestService, whole. UnimplementedCall is left out on purpose.
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RpcError } from "sluice";
import { payload } from "./payload.mjs";

const ECHO_INITIAL = "x-grpc-test-echo-initial";
const ECHO_TRAILING = "x-grpc-test-echo-trailing-bin";
const SERVER_ID = randomUUID();

export const testService = {
  emptyCall: () => ({}),

  unaryCall(request, ctx) {
    echoMetadata(ctx);
    throwIfAsked(request.responseStatus);
    ctx.compress = request.responseCompressed?.value ?? false;
    return { payload: payload(request.responseSize), serverId: request.fillServerId ? SERVER_ID : "" };
  },

  /** Answers something that shows whether a cache answered: the time. */
  cacheableUnaryCall(_request, ctx) {
    ctx.responseHeaders.set("cache-control", "max-age=60, public");
    return { payload: { body: new TextEncoder().encode(String(process.hrtime.bigint())) } };
  },

  async streamingOutputCall(request, ctx, out) {
    echoMetadata(ctx);
    await sendAll(request, ctx, out);
    throwIfAsked(request.responseStatus);
  },

  async streamingInputCall(requests) {
    let size = 0;
    for await (const request of requests) size += request.payload?.body.length ?? 0;
    return { aggregatedPayloadSize: size };
  },

  async fullDuplexCall(requests, ctx, out) {
    echoMetadata(ctx);
    for await (const request of requests) {
      throwIfAsked(request.responseStatus);
      await sendAll(request, ctx, out);
    }
  },

  async halfDuplexCall(requests, ctx, out) {
    const all = [];
    for await (const request of requests) all.push(request);
    for (const request of all) await sendAll(request, ctx, out);
  },
};

async function sendAll(request, ctx, out) {
  for (const { size, intervalUs, compressed } of request.responseParameters) {
    if (intervalUs > 0) await pause(intervalUs / 1000, ctx.signal);
    await out.send({ payload: payload(size) }, { compress: compressed?.value ?? false });
  }
}

/** Waits, and ends with the call. */
async function pause(ms, signal) {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw signal.reason;
  }
}

function echoMetadata(ctx) {
  const initial = ctx.requestHeaders.get(ECHO_INITIAL);
  if (initial !== undefined) ctx.responseHeaders.set(ECHO_INITIAL, initial);
  const trailing = ctx.requestHeaders.getBinary(ECHO_TRAILING);
  if (trailing !== undefined) ctx.responseTrailers.set(ECHO_TRAILING, trailing);
}

function throwIfAsked(status) {
  if (status !== undefined && status.code !== 0) throw new RpcError(codeOf(status.code), status.message);
}

const CODES = ["ok", "cancelled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied"];
CODES.push("resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable", "data_loss");
CODES.push("unauthenticated");

function codeOf(number) {
  return CODES[number] ?? number;
}
