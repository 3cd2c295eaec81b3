// A Sluice server's side of interop/dubbo/go/walker: what a handler does is named by the attachment `x-script`. As interop/dubbo/go/server does it.
import { detail, RpcError } from "sluice";
import { mountHealth } from "sluice/services";
import { EchoStatusSchema } from "../../build/gen/grpc-testing_pb.js";

/** The implementation that answers by `name`. Each call is noted in `calls` with how it ended. */
export function scriptedHandlers(name, calls) {
  return {
    emptyCall: () => ({}),
    async unaryCall(request, ctx) {
      const script = begun(calls, ctx);
      if (script === "park") return cutOff(ctx);
      throwFor(script, "error", "biz");
      return { username: name + (ctx.requestHeaders.get("in-a") ?? ""), ...(request.payload && { payload: request.payload }) };
    },
    async streamingInputCall(requests, ctx) {
      const script = begun(calls, ctx);
      let count = 0;
      for await (const _ of requests) {
        count++;
        throwFor(script, "error", "biz");
        if (script === "park") return cutOff(ctx);
        if (count === 2) throwFor(script, "mid-error");
      }
      return { aggregatedPayloadSize: count };
    },
    async *streamingOutputCall(request, ctx) {
      const script = begun(calls, ctx);
      throwFor(script, "error", "biz");
      for (const [i, { size }] of request.responseParameters.entries()) {
        if (i === 2) throwFor(script, "mid-error");
        yield payload(size);
      }
      if (script === "park") await cutOff(ctx);
    },
    async *fullDuplexCall(requests, ctx) {
      const script = begun(calls, ctx);
      throwFor(script, "error", "biz");
      let count = 0;
      for await (const request of requests) {
        for (const { size } of request.responseParameters) yield payload(size);
        if (++count === 2) throwFor(script, "mid-error");
        if (script === "park") await cutOff(ctx);
      }
      // the client has half-closed, and hears on
      if (script === "after") for (let i = 0; i < 3; i++) yield payload(7);
    },
  };
}

function begun(calls, ctx) {
  const script = ctx.requestHeaders.get("x-script") ?? "";
  const call = { script, protocol: ctx.protocol, timeoutMs: ctx.timeRemainingMs(), abortedAt: undefined, outcome: undefined };
  calls.push(call);
  ctx.signal.addEventListener("abort", () => (call.abortedAt = performance.timeOrigin + performance.now()));
  void ctx.done.then((outcome) => (call.outcome = outcome));
  if (script === "metadata") {
    for (const [key, value] of ctx.requestHeaders) {
      if (!key.startsWith("in-")) continue;
      ctx.responseHeaders.append(`head-${key.slice(3)}`, value);
      ctx.responseTrailers.append(`tail-${key.slice(3)}`, value);
    }
  }
  return script;
}

const FAILURES = {
  error: ["not_found", "no such thing: é", 5],
  biz: [17, "out of credit", 17],
  "mid-error": ["data_loss", "half of it is gone", 15],
};

function throwFor(script, ...scripts) {
  if (!scripts.includes(script)) return;
  const [code, message, number] = FAILURES[script];
  throw new RpcError(code, message, { details: [detail(EchoStatusSchema, { code: number, message: "why" })] });
}

function cutOff(ctx) {
  return new Promise((_, reject) => ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason), { once: true }));
}

function payload(size) {
  return { payload: { body: new Uint8Array(size) } };
}

/** The routes of the three implementations, and of the health that clients of dubbo-go 3.3.2 watch. */
export function scriptedRoutes(TestService, calls) {
  return (router) => {
    mountHealth(router);
    return router
      .service(TestService, scriptedHandlers("/", calls))
      .service(TestService, scriptedHandlers("blue/1.0.0", calls), { group: "blue", version: "1.0.0" })
      .service(TestService, scriptedHandlers("blue/2.0.0", calls), { group: "blue", version: "2.0.0" });
  };
}
