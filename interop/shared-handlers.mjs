// Handlers that several suites of interop serve: what a call asks for, it gets.
import { detail, RpcError } from "sluice";
import { PayloadSchema } from "../build/gen/bench_pb.js";

/** `parked` runs on until its call has ended, and keeps how. */
export function sharedHandlers(parked) {
  return {
    async unary(request, ctx) {
      if (request.name === "park") return parked(ctx);
      if (request.id === -5) throw new RpcError("not_found", "no such thing: é", because("why"));
      if (ctx.requestHeaders.get("x-ask") !== undefined) ctx.responseHeaders.set("x-head", "1");
      ctx.responseTrailers.set("x-trailer", "2");
      return request;
    },
    async *server(request, ctx) {
      for (let id = 0; id < request.id; id++) yield { id };
      if (request.name === "fail") throw new RpcError("data_loss", "half of it is gone", because("the other half"));
      if (request.name === "hold") await parked(ctx);
    },
    async *bidi(requests) {
      for await (const request of requests) yield request;
    },
  };
}

function because(name) {
  return { details: [detail(PayloadSchema, { name })] };
}
