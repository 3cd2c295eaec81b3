import { setTimeout as sleep } from "node:timers/promises";
import { RpcError } from "sluice";
import { bodyOf, isBodyOf, planOf } from "./plan.mjs";

/** bench.v1.Bench as the plans of a storm want it. `current()` gives the seed and the ledger of the storm. */
export function stormService(current) {
  return {
    async unary(request, ctx) {
      const call = new ServedCall(current(), ctx);
      call.take(request);
      await call.pause();
      if (call.plan.serverEnd !== "answer" && call.plan.serverEnd !== "early") await call.endOtherwise();
      return { id: call.id, nums: [0n], body: request.body };
    },

    async client(requests, ctx) {
      const call = new ServedCall(current(), ctx);
      for await (const request of requests) {
        if (await call.endsNow()) return call.receipt();
        call.take(request);
        await call.pause();
      }
      await call.endsNow();
      return call.receipt();
    },

    async server(request, ctx, out) {
      const call = new ServedCall(current(), ctx);
      call.take(request);
      for (let sequence = 0; sequence < call.plan.messages; sequence++) {
        if (await call.endsNow(sequence)) return;
        await call.pause();
        await out.send({ id: call.id, nums: [BigInt(sequence)], body: bodyOf(call.plan, call.id, sequence) });
      }
      await call.endsNow(call.plan.messages);
    },

    async *bidi(requests, ctx) {
      const call = new ServedCall(current(), ctx);
      for await (const request of requests) {
        if (await call.endsNow()) return;
        call.take(request);
        await call.pause();
        yield call.receipt();
      }
      await call.endsNow();
    },
  };
}

class ServedCall {
  id;
  plan;
  #ledger;
  #ctx;
  #received = 0;

  constructor({ seed, ledger }, ctx) {
    this.id = Number(ctx.requestHeaders.get("x-call"));
    this.plan = planOf(seed, this.id);
    this.#ledger = ledger;
    this.#ctx = ctx;
    ledger.runs[this.id]++;
    let aborted = false;
    ctx.signal.addEventListener("abort", () => (aborted = true));
    void ctx.done.then(({ code, initiator }) => {
      ledger.ended(this.id, code);
      if (code === "ok" && aborted) ledger.found(this.id, "the handler's signal aborted in a call that ended well");
      const cutOff = code !== "ok" && initiator !== "application";
      if (cutOff && !aborted) ledger.found(this.id, `the handler's signal did not abort: ${code} by ${initiator}`);
    });
  }

  /** Notes a request: it must be the next one, and whole. */
  take({ id, nums, body }) {
    const sequence = Number(nums[0]);
    if (id !== this.id) this.#ledger.found(this.id, `the server received a message of call ${id}`);
    else if (sequence !== this.#received) this.#ledger.found(this.id, `the server received message ${sequence}, not ${this.#received}`);
    else if (!isBodyOf(body, this.plan, id, sequence)) this.#ledger.found(this.id, `message ${sequence} came with other bytes`);
    this.#received++;
    this.#ledger.messages[this.id] = this.#received;
  }

  /** The last message that was received, by its number, and how many there were. */
  receipt() {
    return { id: this.id, nums: [BigInt(this.#received - 1)] };
  }

  async pause() {
    if (this.plan.pauses > 0) await sleep(this.plan.pauses);
  }

  /** Whether the handler returns here, before its natural end. */
  async endsNow(at = this.#received) {
    const { serverEnd, serverAt } = this.plan;
    if (serverEnd === "answer" || at !== serverAt) return false;
    if (serverEnd !== "early") await this.endOtherwise();
    return true;
  }

  /** Throws, at once or when the call is over. */
  async endOtherwise() {
    if (this.plan.serverEnd === "hang") await this.#ctx.done;
    throw new RpcError(this.plan.serverEnd === "cancel" ? "cancelled" : "aborted", "as planned");
  }
}
