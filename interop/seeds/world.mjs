import { setTimeout as sleep } from "node:timers/promises";
import { RpcError } from "sluice";

/** What `close()` may take in these walks; by itself it is 30 s. */
export const CLOSE_TIMEOUT_MS = 300;

/** What a walk has, and how it measures. */
export class World {
  /** `done.count`: how often the picker's `done` has run; the others are the arguments of sluice-client.mjs. */
  constructor({ channel, client, done, kind, script, how, count, boundMs }) {
    this.channel = channel;
    this.client = client;
    this.done = done;
    this.kind = kind;
    this.script = script;
    this.how = how;
    this.count = count;
    this.boundMs = boundMs;
  }

  open(options) {
    const { client, kind, script } = this;
    const all = { closeTimeoutMs: CLOSE_TIMEOUT_MS, ...options, headers: { "x-script": script } };
    return kind === "output" ? client.streamingOutputCall({}, all) : client.fullDuplexCall(all);
  }

  /** Opens a stream and receives its first message, where there is one. */
  async begun(options) {
    const call = this.open(options);
    if (this.kind === "duplex") await call.send(request(10));
    if (this.script !== "mute") await call.receive();
    return call;
  }

  /** Waits for what may not end; after the bound it cancels, and waits as long again. */
  async within(cancel, run) {
    const started = performance.now();
    let error;
    const ended = Promise.resolve(run()).catch((caught) => {
      error = caught;
    });
    const ms = await endedAfter(ended, started, this.boundMs);
    if (ms !== undefined) return { ms, blocked: false, ...named(error) };
    const cancelled = performance.now();
    cancel();
    const freedMs = (await endedAfter(ended, cancelled, this.boundMs)) ?? -1;
    return { ms: cancelled - started, blocked: true, freedMs, ...named(error) };
  }

  /** How many calls and streams of this side are left, once they have had a second to go. */
  async left() {
    const count = () => {
      const { openCalls, openStreams, waitingCalls } = this.channel.statistics();
      return openCalls + openStreams + waitingCalls;
    };
    for (let i = 0; i < 50 && count() > 0; i++) await sleep(20);
    return count();
  }
}

async function endedAfter(ended, started, boundMs) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, boundMs);
  });
  const ms = await Promise.race([ended.then(() => performance.now() - started), late]);
  clearTimeout(timer);
  return ms;
}

function named(error) {
  if (error === undefined) return {};
  return { error: error instanceof RpcError ? String(error.code) : error.name, text: error.message };
}

/** A message of so many bytes that asks for an answer. */
export function request(size) {
  return { responseParameters: [{ size: 10 }], payload: { body: new Uint8Array(size) } };
}
