// A Sluice server's side of interop/go/walker: handlers by the name in `x-script`, each call noted with how it began and ended.
import { detail, RpcError } from "sluice";
import { EchoStatusSchema } from "../../build/gen/grpc-testing_pb.js";

/** Returns the service and the list that its calls are noted in. */
export function scriptedService() {
  const calls = [];
  const service = {
    emptyCall: () => ({}),
    unaryCall(_request, ctx) {
      note(calls, ctx);
      throw new RpcError("failed_precondition", "not now: 50 % \u263a", {
        details: [detail(EchoStatusSchema, { code: 1, message: "first" }), detail(EchoStatusSchema, { code: 2, message: "second" })],
      });
    },
    async streamingInputCall(requests, ctx) {
      note(calls, ctx);
      await requests.receive();
      throw new RpcError("resource_exhausted", "enough");
    },
    streamingOutputCall: (_request, ctx, out) => endless(note(calls, ctx), out),
    fullDuplexCall(requests, ctx, out) {
      const call = note(calls, ctx);
      return duplex[call.script](call, requests, out, ctx);
    },
  };
  return { service, calls };
}

const duplex = {
  endless: (call, _requests, out) => endless(call, out),
  mute: (_call, _requests, _out, ctx) => untilCutOff(ctx),
  async echo(_call, requests, out) {
    for await (const request of requests) await answer(request, out);
  },
  async burst(_call, _requests, out, ctx) {
    for (let i = 0; i < 40; i++) await out.send({ payload: { body: new Uint8Array(1000) } });
    await untilCutOff(ctx);
  },
  /** Answers the first message, then does nothing more until it is cut off. */
  async park(_call, requests, out, ctx) {
    await answer(await requests.receive(), out);
    await untilCutOff(ctx);
  },
  metadata(_call, _requests, _out, ctx) {
    for (const [name, value] of ctx.requestHeaders) {
      if (!name.startsWith("in-")) continue;
      ctx.responseHeaders.append(`head-${name.slice(3)}`, value);
      ctx.responseTrailers.append(`tail-${name.slice(3)}`, value);
    }
  },
};

async function answer(request, out) {
  for (const { size } of request.responseParameters) await out.send({ payload: { body: new Uint8Array(size) } });
}

async function endless(call, out) {
  const message = { payload: { body: new Uint8Array(1000) } };
  while (true) {
    await out.send(message);
    call.sent++;
    call.sentAt = performance.timeOrigin + performance.now();
    // A client that reads as fast as this sends must not keep the loop from turning.
    if (call.sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Waits for the call to be cut off, and rejects with the reason; at once when it has been, for then no event comes. */
export function untilCutOff({ signal }) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function note(calls, ctx) {
  const call = {
    script: ctx.requestHeaders.get("x-script"),
    sent: 0,
    sentAt: undefined,
    outcome: undefined,
    reason: undefined,
    abortedAt: undefined,
    done: ctx.done,
  };
  ctx.signal.addEventListener("abort", () => {
    call.reason = ctx.signal.reason;
    call.abortedAt = performance.timeOrigin + performance.now();
  });
  void ctx.done.then((outcome) => (call.outcome = outcome));
  calls.push(call);
  return call;
}
