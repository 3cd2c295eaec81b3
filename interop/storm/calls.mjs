// The client's part of a plan, for each kind of call.
import { allowedCodes, bodyOf, isBodyOf } from "./plan.mjs";

class Walked extends Error {}

/** Each runs one call to its end, and resolves when its outcome is there. */
export const callsOf = { unary, client, server, bidi };

async function unary(call) {
  const { plan, id, ledger } = call;
  const controller = new AbortController();
  if (plan.clientEnd === "cancel") call.later(() => controller.abort(new Walked("walked")));
  const body = bodyOf(plan, id, 0);
  let outcome = { code: "ok" };
  try {
    const response = await call.client.unary({ id, nums: [0n], body }, { ...call.options, signal: controller.signal });
    if (response.id !== id || !isBodyOf(response.body, plan, id, 0)) ledger.found(id, "another call's response");
    ledger.messages[id] = 1;
  } catch (error) {
    call.codeOf(error);
    outcome = error;
  }
  call.ended(outcome);
}

async function client(call) {
  const { plan, id, ledger } = call;
  const stream = call.open(call.client.client(call.options));
  const until = plan.clientEnd === "leave block" ? plan.clientAt : plan.messages;
  await call.sendAll(stream, until);
  if (plan.clientEnd === "leave block") await stream[Symbol.asyncDispose]();
  else if (plan.clientEnd === "walk away") void stream.finish();
  else {
    try {
      ledger.messages[id] = call.acknowledged(await stream.finish());
    } catch (error) {
      await call.isError(stream, error);
    }
  }
  await stream.outcome;
}

async function server(call) {
  const { plan, id } = call;
  const stream = call.open(call.client.server({ id, nums: [0n], body: bodyOf(plan, id, 0) }, call.options));
  await call.readAll(stream, (message, sequence) => {
    if (Number(message.nums[0]) !== sequence || message.id !== id)
      return `received ${message.nums[0]} of call ${message.id}, not ${sequence}`;
    return isBodyOf(message.body, plan, id, sequence) ? undefined : `message ${sequence} came with other bytes`;
  });
  await stream.outcome;
}

async function bidi(call) {
  const { plan, id, ledger } = call;
  const stream = call.open(call.client.bidi(call.options));
  const check = (message, sequence) => {
    if (message.id !== id || call.acknowledged(message) !== sequence + 1)
      return `acknowledged ${message.nums[0]} of call ${message.id}, not ${sequence}`;
    ledger.messages[id] = sequence + 1;
    return undefined;
  };
  if (plan.clientEnd === "talk") await talk(call, stream, check);
  else {
    const sent = call.sendAll(stream, plan.messages).then((all) => {
      if (all) stream.closeSend();
    });
    await call.readAll(stream, check);
    await sent;
  }
  await stream.outcome;
}

/** One message, its acknowledgement, the next message. */
async function talk(call, stream, check) {
  try {
    for (let sequence = 0; sequence < call.plan.messages; sequence++) {
      if (!(await call.send(stream, sequence))) break;
      const message = await stream.receive();
      if (message === undefined) break;
      const wrong = check(message, sequence);
      if (wrong !== undefined) call.ledger.found(call.id, wrong);
    }
    stream.closeSend();
    if ((await stream.receive()) !== undefined) call.ledger.found(call.id, "one message more than was sent came back");
  } catch (error) {
    await call.isError(stream, error);
  }
}

/** What the kinds share: one call of a storm, seen by the client. */
export class ClientCall {
  client;
  plan;
  id;
  ledger;
  options;

  constructor(client, plan, id, ledger) {
    this.client = client;
    this.plan = plan;
    this.id = id;
    this.ledger = ledger;
    const { timeoutMs, waitForReady } = plan;
    this.options = { headers: { "x-call": String(id) }, timeoutMs, waitForReady, closeTimeoutMs: 500 };
    ledger.runs[id]++;
  }

  run() {
    return callsOf[this.plan.kind](this);
  }

  /** Notes the outcome of a stream, and cancels it at its moment when that is the plan. */
  open(stream) {
    void stream.outcome.then((outcome) => this.ended(outcome));
    if (this.plan.clientEnd === "cancel") this.later(() => stream.cancel(new Walked("walked")));
    return stream;
  }

  /** Notes the outcome, which must be one that the plan or the network explains. */
  ended({ code, message, initiator }) {
    this.ledger.ended(this.id, code);
    if (allowedCodes(this.plan).has(code)) return;
    this.ledger.found(this.id, `${code} by ${initiator}: ${message} ${JSON.stringify(this.plan)}`);
  }

  later(action) {
    const { ms, microtasks, turns } = this.plan.moment;
    if (ms !== undefined) return setTimeout(action, ms);
    if (turns !== undefined) return turns === 0 ? action() : afterTurns(turns, action);
    let left = microtasks;
    const step = () => (left-- === 0 ? action() : queueMicrotask(step));
    return step();
  }

  /** Sends the messages below `until`; whether all were accepted. */
  async sendAll(stream, until) {
    for (let sequence = 0; sequence < until; sequence++) if (!(await this.send(stream, sequence))) return false;
    return true;
  }

  async send(stream, sequence) {
    try {
      await stream.send({ id: this.id, nums: [BigInt(sequence)], body: bodyOf(this.plan, this.id, sequence) });
      return true;
    } catch (error) {
      await this.isError(stream, error, "send");
      return false;
    }
  }

  /** Reads as planned: to the end, or until the plan's message, and then leaves in the plan's way. */
  async readAll(stream, check) {
    const { clientEnd, clientAt } = this.plan;
    if (clientEnd === "walk away") return;
    let sequence = 0;
    try {
      for await (const message of stream) {
        const wrong = check(message, sequence++);
        if (wrong !== undefined) this.ledger.found(this.id, wrong);
        if (sequence <= clientAt) continue;
        if (clientEnd === "break") break;
        if (clientEnd === "throw") throw new Walked("walked");
        if (clientEnd === "close") await stream.close();
        if (clientEnd === "leave block") await stream[Symbol.asyncDispose]();
      }
    } catch (error) {
      if (!(error instanceof Walked)) await this.isError(stream, error);
    }
  }

  /** An operation may fail with the call's own error, and a send that comes too late with `failed_precondition`; with nothing else. */
  async isError(stream, error, what = "receive") {
    const { code } = await stream.outcome;
    const seen = this.codeOf(error);
    if (seen === code && code !== "ok") return;
    // after a good end, and after the half-close that is a part of close()
    if (what === "send" && seen === "failed_precondition" && (code === "ok" || this.plan.clientEnd === "close")) return;
    this.ledger.found(this.id, `${what} failed with ${error?.stack ?? error}, but the outcome is ${code}`);
  }

  codeOf(error) {
    if (typeof error?.code === "string") return error.code;
    this.ledger.found(this.id, `failed with something that is no RpcError: ${error?.stack ?? error}`);
    return "unknown";
  }

  acknowledged(message) {
    return Number(message.nums[0]) + 1;
  }
}

function afterTurns(turns, action) {
  if (turns === 0) return action();
  return setImmediate(() => afterTurns(turns - 1, action));
}
