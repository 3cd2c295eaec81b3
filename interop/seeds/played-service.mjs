import { setTimeout as sleep } from "node:timers/promises";
import { RpcError, withGroup } from "sluice";
import { untilCutOff } from "../lifecycle/scripted-service.mjs";
import { monotonic } from "./monotonic.mjs";

/** The pause between messages, for each script that sends without end. */
const PAUSES_MS = { slow: 1000, tick: 1, endless: 0 };

/** The service and the notes on its calls; times are CLOCK_MONOTONIC in nanoseconds, 0 for what did not happen. */
export function playedService() {
  const calls = [];
  const played = (play) => async (input, context, out) => {
    const call = note(calls, context);
    try {
      return await play(call, context, input, out);
    } finally {
      call.endedAt = monotonic();
      call.cancelled = context.signal.aborted;
    }
  };
  return {
    calls,
    service: {
      emptyCall: () => ({}),
      streamingOutputCall: played((call, context, _request, out) => {
        if (call.script === "mute") return untilCutOff(context);
        return produce(call, out, context.signal, PAUSES_MS[call.script]);
      }),
      fullDuplexCall: played((call, context, requests, out) => (duplex[call.script] ?? duplex.echo)(requests, out, context)),
    },
  };
}

const duplex = {
  mute: (_requests, _out, context) => untilCutOff(context),
  async echo(requests, out) {
    for await (const _request of requests) await out.send(answer(10));
  },
  async late(requests, out) {
    for await (const _request of requests) {
      await sleep(100);
      await out.send(answer(10));
    }
  },
  /** Answers the first message, then keeps its half open. */
  async hold(requests, out, context) {
    await requests.receive();
    await out.send(answer(10));
    await untilCutOff(context);
  },
  /** Answers the first message; then one task is parked in next(), and another fails. */
  async group(requests, out, context) {
    await requests.receive();
    await out.send(answer(10));
    await withGroup(context.signal, async (tasks) => {
      void tasks.run(async (signal) => {
        while ((await requests.receive({ signal })) !== undefined);
      });
      await sleep(200);
      throw new RpcError("aborted", "the handler's task fails");
    });
  },
};

async function produce(call, out, signal, pauseMs) {
  for (let sent = 1; ; sent++) {
    try {
      await out.send(answer(1000));
    } catch (error) {
      call.sendFailedAt = monotonic();
      call.sendError = error.code;
      throw error;
    }
    // a pause that is cut short is followed by the send that fails
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => {});
    else if (sent % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function answer(size) {
  return { payload: { body: new Uint8Array(size) } };
}

function note(calls, context) {
  const script = context.requestHeaders.get("x-script");
  const call = { script, heardAt: 0, endedAt: 0, sendFailedAt: 0, sendError: "", cancelled: false };
  context.signal.addEventListener("abort", () => {
    call.heardAt = monotonic();
  });
  calls.push(call);
  return call;
}
