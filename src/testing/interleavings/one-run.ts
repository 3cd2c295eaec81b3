import { setImmediate } from "node:timers";
import { UsageError } from "../../base/usage-error.js";
import type { CallOptions } from "../../client/call-options.js";
import type { Outcome } from "../../rpc/outcome.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { STRAY_AFTER_MS } from "../../server/stray-handlers.js";
import { InMemory, type InMemoryOptions } from "../in-memory.js";
import type { VirtualRuntime } from "../virtual-runtime.js";
import { type Gap, orderText, type Step } from "./order.js";
import type { Scenario } from "./scenario.js";
import type { StrayRejections } from "./stray-rejections.js";

/** The time for the call of a run, in ms of virtual time; a shutdown has half of it as its grace. */
export const DEADLINE_MS = 200;
/** How long what is closed may take to be gone. */
const CLOSING_MS = 30_000;

/** What a run is made with, beside its scenario. */
export interface RunSettings {
  readonly world: Omit<InMemoryOptions, "routes" | "script" | "runtime"> | undefined;
  readonly strays: "fail" | "allow";
  readonly handlerErrors: "fail" | "allow";
}

const DEADLINE_ONLY: CallOptions = Object.freeze({ timeoutMs: DEADLINE_MS });

/** What is wrong at the end of a run. */
export interface Fault {
  readonly what: string;
  readonly cause?: unknown;
}

/** What of a call the inputs use: the handle of a stream, or the promise of a unary call. */
interface AnyCall {
  readonly outcome?: Promise<Outcome>;
  cancel?(reason?: unknown): void;
  closeSend?(): void;
  finish?(): Promise<unknown>;
  then?: unknown;
  [Symbol.asyncIterator]?(): AsyncIterator<unknown>;
}

/** One run of a scenario: a fresh world, one call, the inputs of one order, and the checks at the end. */
export class OneRun {
  readonly call: AnyCall;
  readonly scenario: Scenario;
  private readonly world: InMemory;
  private readonly runtime: VirtualRuntime;
  private readonly settings: RunSettings;
  private readonly rejections: StrayRejections;
  private readonly startedAt: number;
  private abort: AbortController | undefined = undefined;
  private messages = 0;
  private outcome: Outcome | undefined = undefined;
  private response: unknown = undefined;
  private clientEnded = false;
  private error: RpcError | undefined = undefined;
  private fault: Fault | undefined = undefined;

  /** `withSignal`: the call is cancelled by a signal, for it has no `cancel()`. */
  constructor(scenario: Scenario, runtime: VirtualRuntime, settings: RunSettings, rejections: StrayRejections, withSignal: boolean) {
    this.scenario = scenario;
    this.runtime = runtime;
    this.settings = settings;
    this.rejections = rejections;
    this.startedAt = runtime.now();
    this.world = new InMemory(worldOptions(scenario, runtime, settings));
    this.call = this.start(withSignal);
    void this.runClient();
  }

  private start(withSignal: boolean): AnyCall {
    let options = DEADLINE_ONLY;
    if (withSignal) {
      this.abort = new AbortController();
      options = { timeoutMs: DEADLINE_MS, signal: this.abort.signal };
    }
    const call = this.scenario.start(this.world, options) as AnyCall;
    if (typeof call !== "object" || call === null || (call.outcome === undefined && call.then === undefined)) {
      throw new UsageError("start() of the scenario must return the call that it makes");
    }
    void call.outcome?.then((outcome) => {
      if (this.outcome !== undefined) this.fault ??= { what: "the call had two outcomes" };
      this.outcome = outcome;
    });
    return call;
  }

  private async runClient(): Promise<void> {
    const { call, scenario, world } = this;
    try {
      if (scenario.client !== undefined) this.response = await scenario.client(call, world);
      else if (call.then !== undefined) this.response = await call;
      else if (call[Symbol.asyncIterator] !== undefined) for await (const _ of call as AsyncIterable<unknown>);
      else await call.outcome;
    } catch (error) {
      if (error instanceof RpcError) this.error = error;
      else this.fault ??= { what: `the client threw ${text(error)}`, cause: error };
    }
    this.clientEnded = true;
  }

  /**
   * Lets the inputs come in, comes to the end, and says what is wrong, if anything is. `alone`: rejections that nobody handled are waited for;
   * they are told when a turn of the real loop has passed, which is worth many runs.
   */
  async finish(order: readonly Step[], alone: boolean): Promise<Fault | undefined> {
    for (const { input, gap } of order) {
      if (gap !== "sync") await this.pass(gap);
      const passing = this.input(input);
      // an await would let reactions run
      if (passing !== undefined) await passing;
    }
    return (await this.end(order, alone)) ?? this.fault;
  }

  // ---- inputs

  private pass(gap: Gap): Promise<void> | undefined {
    switch (gap) {
      case "rest":
        return this.runtime.settle(microtasks);
      case "task":
        return this.oneTask();
      case "turn":
        return microtasks();
      default:
        return undefined;
    }
  }

  private async oneTask(): Promise<void> {
    await microtasks();
    if (this.runtime.runOne()) await microtasks();
  }

  /** A promise only when time has to pass: what comes next must be able to follow in the same turn. */
  private input(name: string): Promise<void> | undefined {
    try {
      switch (name) {
        case "message":
          this.quiet(this.scenario.message?.(this.call, this.messages++));
          return undefined;
        case "half-close":
          this.quiet(this.halfClose());
          return undefined;
        case "cancel":
          if (this.call.cancel === undefined) this.abort?.abort();
          else this.call.cancel();
          return undefined;
        case "deadline":
          return this.passUntil(this.startedAt + DEADLINE_MS);
        case "connection-loss":
          this.world.cut();
          return undefined;
        case "shutdown":
          void this.world.shutDown(DEADLINE_MS / 2);
          return undefined;
        default:
          return this.ownInput(name);
      }
    } catch (error) {
      this.refused(name, error);
      return undefined;
    }
  }

  private ownInput(name: string): Promise<void> | undefined {
    const input = this.scenario.inputs?.[name];
    if (typeof input === "number") return this.passUntil(this.runtime.now() + input);
    this.quiet(input?.(this.call, this.world));
    return undefined;
  }

  private halfClose(): unknown {
    const { call, scenario } = this;
    if (scenario.halfClose !== undefined) return scenario.halfClose(call);
    return call.closeSend === undefined ? call.finish?.() : call.closeSend();
  }

  /** What an input's promise rejects with is the call's error; anything else is a fault. */
  private quiet(result: unknown): void {
    if (typeof result !== "object" || result === null || !("then" in result)) return;
    (result as Promise<unknown>).then(undefined, (error) => this.refused("an input", error));
  }

  private refused(input: string, error: unknown): void {
    if (!(error instanceof RpcError)) this.fault ??= { what: `${input} threw ${text(error)}`, cause: error };
  }

  // ---- the end

  private passUntil(time: number): Promise<void> {
    return this.runtime.advanceAndSettle(Math.max(0, time - this.runtime.now()), microtasks);
  }

  private get callEnded(): boolean {
    return this.call.outcome === undefined ? this.clientEnded : this.outcome !== undefined;
  }

  private async end(order: readonly Step[], alone: boolean): Promise<Fault | undefined> {
    const { runtime, world, settings } = this;
    await runtime.settle(microtasks);
    if (!this.callEnded) await this.passUntil(this.startedAt + DEADLINE_MS);
    if (!this.callEnded) return { what: "the call has not ended at its deadline: does start() pass its options on?" };
    if (!this.clientEnded) return { what: `the client still waits, after the call has ended (${this.outcome?.code})` };
    if (world.server.statistics().runningHandlers > 0) {
      await this.passUntil(runtime.now() + STRAY_AFTER_MS);
      if (settings.strays === "fail" && world.server.statistics().runningHandlers > 0) return { what: this.straysText() };
    }
    void world.channel.close();
    await runtime.settle(microtasks);
    if (this.somethingOpen()) {
      void world.shutDown(0);
      await this.passUntil(runtime.now() + CLOSING_MS);
    }
    if (alone) {
      await turnOfTheLoop();
      const [reason] = this.rejections.reasons;
      if (reason !== undefined) return { what: `nobody handled ${text(reason)}`, cause: reason };
    }
    if (this.somethingOpen()) return { what: `something is left over: ${world.leaks().join(", ") || "a task or a timer"}` };
    return this.handlerFault() ?? (await this.check(order));
  }

  private straysText(): string {
    const methods = this.world.logs.flatMap(({ event, method }) => (event === "stray-handler" ? [method] : []));
    return `the handler of ${methods.join(", ")} still runs ${STRAY_AFTER_MS / 1_000} s after its call ended (${this.outcome?.code ?? this.error?.code ?? "ok"})`;
  }

  /** Whether anything is open, counted without making texts. */
  private somethingOpen(): boolean {
    const { world, runtime, settings } = this;
    const server = world.server.statistics();
    const channel = world.channel.statistics();
    const handlers = settings.strays === "fail" ? server.runningHandlers : 0;
    const open = server.openConnections + server.openStreams + server.openCalls + handlers + runtime.timers.size;
    return open + channel.openConnections + channel.openCalls + channel.waitingCalls + runtime.pendingTasks + runtime.held > 0;
  }

  private handlerFault(): Fault | undefined {
    if (this.settings.handlerErrors === "allow") return undefined;
    for (const { event, error } of this.world.logs) {
      if (event === "handler-failed") return { what: `the handler threw ${text(error)}`, cause: error };
    }
    return undefined;
  }

  private async check(order: readonly Step[]): Promise<Fault | undefined> {
    if (this.scenario.check === undefined) return undefined;
    const { outcome, response, error, world } = this;
    try {
      await this.scenario.check({ order: orderText(order), outcome, response, error, world });
      return undefined;
    } catch (thrown) {
      return { what: `check() threw ${text(thrown)}`, cause: thrown };
    }
  }
}

function worldOptions({ routes }: Scenario, runtime: VirtualRuntime, { world }: RunSettings): InMemoryOptions {
  // spelled out: copying an object of unknown shape takes longer than making a world
  if (world === undefined) return { routes, runtime, channel: WITHOUT_PLACES };
  return { ...world, routes, runtime, channel: { ...WITHOUT_PLACES, ...world.channel } };
}

/** Walking the stack for each call would take longer than the rest of a run. */
const WITHOUT_PLACES = { callSites: "never" } as const;
/** Resolves when no microtask is left: Node runs ticks when the microtasks have run. Much cheaper than a turn of the loop. */
function microtasks(): Promise<void> {
  return new Promise(nextTick);
}

function nextTick(resolve: () => void): void {
  process.nextTick(resolve);
}

export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function text(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
