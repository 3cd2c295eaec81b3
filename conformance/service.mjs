// connectrpc.conformance.v1.ConformanceService: does what each request tells it to do, and says what it has seen.
import { create } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  ConformancePayload_RequestInfoSchema,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  UnaryRequestSchema,
} from "../build/gen/connectrpc/conformance/v1/service_pb.js";
import { fromMetadata, toError, toMetadata } from "./wire.mjs";

/** `unimplemented` is left out: it answers so by itself. */
export const conformanceService = {
  unary: (request, ctx) => respond(request.responseDefinition, infoOf(ctx, [anyPack(UnaryRequestSchema, request)]), ctx),
  idempotentUnary: (request, ctx) =>
    respond(request.responseDefinition, infoOf(ctx, [anyPack(IdempotentUnaryRequestSchema, request)]), ctx),
  async clientStream(requests, ctx) {
    const seen = [];
    let definition;
    for await (const request of requests) {
      definition ??= request.responseDefinition;
      seen.push(anyPack(ClientStreamRequestSchema, request));
    }
    return respond(definition, infoOf(ctx, seen), ctx);
  },
  async serverStream(request, ctx, out) {
    const { responseDefinition: definition } = request;
    if (definition === undefined) return;
    const info = infoOf(ctx, [anyPack(ServerStreamRequestSchema, request)]);
    begin(definition, ctx);
    if (definition.responseData.length > 0) ctx.sendHeaders();
    for (const [i, data] of definition.responseData.entries()) {
      await delay(definition.responseDelayMs, ctx);
      await out.send({ payload: i === 0 ? { data, requestInfo: info } : { data } });
    }
    end(definition, info);
  },
  bidiStream,
};

async function bidiStream(requests, ctx, out) {
  let seen = [];
  let definition;
  let fullDuplex = false;
  let sent = 0;
  let first = true;
  for await (const request of requests) {
    seen.push(anyPack(BidiStreamRequestSchema, request));
    if (first) {
      first = false;
      definition = request.responseDefinition;
      fullDuplex = request.fullDuplex;
      if (definition !== undefined) begin(definition, ctx);
      if (fullDuplex && definition?.responseData.length > 0) ctx.sendHeaders();
    }
    if (!fullDuplex) continue;
    const data = definition?.responseData[sent];
    if (data === undefined) break;
    await delay(definition.responseDelayMs, ctx);
    const requestInfo = sent === 0 ? infoOf(ctx, seen) : create(ConformancePayload_RequestInfoSchema, { requests: seen });
    await out.send({ payload: { data, requestInfo } });
    seen = [];
    sent++;
  }
  if (definition === undefined) return;
  const info = infoOf(ctx, seen);
  if (!fullDuplex && definition.responseData.length > 0) ctx.sendHeaders();
  for (; sent < definition.responseData.length; sent++) {
    await delay(definition.responseDelayMs, ctx);
    const data = definition.responseData[sent];
    await out.send({ payload: sent === 0 ? { data, requestInfo: info } : { data } });
  }
  end(definition, sent === 0 ? info : undefined);
}

/** The one response of a call, or its error, which shows what was asked. */
async function respond(definition, requestInfo, ctx) {
  if (definition === undefined) return { payload: { requestInfo } };
  begin(definition, ctx);
  await delay(definition.responseDelayMs, ctx);
  const { response } = definition;
  if (response.case === "error") throw toError(response.value, requestInfo);
  return { payload: { data: response.case === "responseData" ? response.value : undefined, requestInfo } };
}

function begin({ responseHeaders, responseTrailers }, ctx) {
  toMetadata(responseHeaders, ctx.responseHeaders);
  toMetadata(responseTrailers, ctx.responseTrailers);
}

/** A stream that gave no response shows in its error what was asked. */
function end({ error, responseData }, info) {
  if (error !== undefined) throw toError(error, responseData.length === 0 ? info : undefined);
}

function infoOf(ctx, requests) {
  const remaining = ctx.timeRemainingMs();
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: fromMetadata(ctx.requestHeaders),
    requests,
    ...(remaining !== Number.POSITIVE_INFINITY && { timeoutMs: BigInt(Math.floor(remaining)) }),
    ...(ctx.httpMethod === "GET" && { connectGetInfo: { queryParams: queryOf(ctx) } }),
  });
}

function queryOf(ctx) {
  return [...new URLSearchParams(ctx.query)].map(([name, value]) => ({ name, value: [value] }));
}

/** Ends with the call, if that comes first. */
async function delay(ms, ctx) {
  if (ms === 0) return;
  let timer;
  await Promise.race([new Promise((resolve) => (timer = setTimeout(resolve, ms))), ctx.done]);
  clearTimeout(timer);
  if (ctx.signal.aborted) throw ctx.signal.reason;
}
