import { badOption, durationOption, integerOption, UsageError } from "../../base/usage-error.js";
import type { InMemoryOptions } from "../in-memory.js";
import { VirtualRuntime } from "../virtual-runtime.js";
import { InterleavingFailure } from "./interleaving-failure.js";
import { type Fault, OneRun, type RunSettings, turnOfTheLoop } from "./one-run.js";
import { type InputRule, Orders, orderText, type Step } from "./order.js";
import type { Scenario } from "./scenario.js";
import { StrayRejections } from "./stray-rejections.js";

/** Options of {@link everyInterleaving}. */
export interface InterleavingOptions {
  /** The longest order, in inputs. Default 4. */
  readonly depth?: number | undefined;
  /** What the orders that are drawn at random, and everything random in the worlds, begin with. Default 1. */
  readonly seed?: number | undefined;
  /** Runs at most. Orders are taken by length: every one of a length, as long as all of them fit; the rest is drawn at random. Default 20,000. */
  readonly maxRuns?: number | undefined;
  /** Only these inputs, by name. Default: all that the call has. */
  readonly inputs?: readonly string[] | undefined;
  /** Runs this one order only, as a failure gives it. */
  readonly replay?: string | undefined;
  /** Whether a handler that still runs 5 s after its call ended is a failure. Default `"fail"`. */
  readonly strays?: "fail" | "allow" | undefined;
  /** Whether a handler that throws what is no `RpcError` is a failure. Default `"fail"`. */
  readonly handlerErrors?: "fail" | "allow" | undefined;
  /** The worlds: transport, network, limits. Default: without HTTP/2, at once. */
  readonly world?: Omit<InMemoryOptions, "routes" | "script" | "runtime" | "seed"> | undefined;
}

/** What was explored. */
export interface InterleavingReport {
  readonly runs: number;
  /** Every order up to this length was run. */
  readonly exhaustiveDepth: number;
  /** How many of the runs were drawn at random. */
  readonly sampled: number;
  /** How many orders there are up to the depth. */
  readonly orders: number;
  /** The inputs that the orders are made of. */
  readonly inputs: readonly string[];
  readonly seed: number;
}

/** Runs that look for a shorter order that fails. */
const SHRINKING_RUNS = 2_000;
/** Runs after which a turn of the real loop tells of rejections that nobody handled. */
const BATCH_RUNS = 32;
/** A virtual clock is used for so long, that its numbers stay small. */
const CLOCK_MS = 2 ** 30;

/**
 * Runs a scenario under every order of its inputs, up to a depth: messages, half-close, cancel, deadline, loss of the connection, shutdown, and the
 * scenario's own; and for each input under what may have happened since the one before: everything, nothing, one round of promises, one
 * delivery. Each run has a fresh world and ends with these checks: the call has one outcome, the client's code and the handler have come to
 * an end, nobody left a rejection unhandled, nothing is open, and the scenario's own `check`.
 *
 * Rejects with {@link InterleavingFailure}, which names the shortest order found that fails and how to replay it; the same seed gives the same.
 * Time is virtual: handlers must not wait for real timers or I/O. Throws `UsageError` for a bad option.
 */
export async function everyInterleaving<Call>(
  scenario: () => Scenario<Call>,
  options: InterleavingOptions = {},
): Promise<InterleavingReport> {
  if (typeof scenario !== "function") badOption("scenario", scenario, "a function that makes a scenario");
  const explorer = new Explorer(scenario as () => Scenario, options);
  try {
    return await explorer.explore();
  } finally {
    explorer.stop();
  }
}

class Explorer {
  private readonly scenario: () => Scenario;
  private readonly depth: number;
  private readonly seed: number;
  private readonly maxRuns: number;
  private readonly options: InterleavingOptions;
  private readonly settings: RunSettings;
  private readonly rejections: StrayRejections;
  private runtime: VirtualRuntime;
  private runs = 0;
  private withSignal = true;
  private sampled = 0;
  /** The last orders that were run and held, so far as is known. */
  private readonly batch: (readonly Step[])[] = [];

  constructor(scenario: () => Scenario, options: InterleavingOptions) {
    this.scenario = scenario;
    this.options = options;
    this.depth = integerOption("depth", options.depth ?? 4, 1, 64);
    this.seed = integerOption("seed", options.seed ?? 1, 0, 2 ** 32 - 1);
    this.maxRuns = integerOption("maxRuns", options.maxRuns ?? 20_000, 1, Number.MAX_SAFE_INTEGER);
    this.settings = {
      world: options.world,
      strays: choice("strays", options.strays ?? "fail"),
      handlerErrors: choice("handlerErrors", options.handlerErrors ?? "fail"),
    };
    this.runtime = new VirtualRuntime({ seed: this.seed });
    this.rejections = new StrayRejections();
  }

  stop(): void {
    this.rejections.stop();
  }

  async explore(): Promise<InterleavingReport> {
    // rejections from before are not of a run
    await turnOfTheLoop();
    this.rejections.reasons.length = 0;
    const rules = this.chosenRules(await this.probe());
    const orders = new Orders(rules);
    if (this.options.replay !== undefined) {
      const order = orders.parse(this.options.replay);
      const fault = await this.run(order);
      if (fault !== undefined) throw this.failure(order, fault);
      return this.report(rules, orders, order.length);
    }
    let length = 0;
    for (; length <= this.depth && orders.count(length) <= this.maxRuns - this.runs; length++) {
      for (const order of orders.all(length)) await this.mustHold(orders, order);
    }
    await this.sample(orders, length);
    await this.endBatch(orders);
    return this.report(rules, orders, length - 1);
  }

  /** Draws orders longer than those that were all run, with what is left of the runs. */
  private async sample(orders: Orders, shortest: number): Promise<void> {
    const drawn = new VirtualRuntime({ seed: this.seed });
    const random = () => drawn.random();
    for (let length = shortest; length <= this.depth && this.runs < this.maxRuns; length = length === this.depth ? shortest : length + 1) {
      this.sampled++;
      await this.mustHold(orders, orders.sample(length, random));
    }
  }

  /** Runs an order among others; rejections that nobody handled are looked for after a batch of them. */
  private async mustHold(orders: Orders, order: readonly Step[]): Promise<void> {
    const fault = await this.run(order, false);
    if (fault !== undefined) throw await this.shortest(orders, [...order], fault);
    this.batch.push([...order]);
    if (this.batch.length >= BATCH_RUNS) await this.endBatch(orders);
  }

  /** Nobody can tell whose a rejection is, unless each run of the batch is made again alone. */
  private async endBatch(orders: Orders): Promise<void> {
    const batch = this.batch.splice(0);
    await turnOfTheLoop();
    const [reason] = this.rejections.reasons;
    if (reason === undefined) return;
    const after = this.runs;
    this.renew();
    for (const [i, order] of batch.entries()) {
      const fault = await this.run(order, true);
      this.runs = after - batch.length + i + 1;
      if (fault !== undefined) throw await this.shortest(orders, order, fault);
    }
    throw this.failure(batch.at(-1) ?? [], {
      what: `nobody handled ${reason}, once, in this run or one of the ${batch.length} before`,
      cause: reason,
    });
  }

  /** Leaves inputs out, and makes gaps plain, as long as the order still fails. */
  private async shortest(orders: Orders, order: readonly Step[], fault: Fault): Promise<InterleavingFailure> {
    const found = this.runs;
    let best = order;
    for (let again = true; again; ) {
      again = false;
      for (const shorter of simpler(best)) {
        if (!orders.permits(shorter) || this.runs - found > SHRINKING_RUNS) continue;
        const still = await this.run(shorter);
        if (still === undefined) continue;
        best = shorter;
        fault = still;
        again = true;
        break;
      }
    }
    this.runs = found;
    return this.failure(best, fault);
  }

  private failure(order: readonly Step[], fault: Fault): InterleavingFailure {
    return new InterleavingFailure(orderText(order), this.seed, this.runs, fault.what, fault.cause);
  }

  private async run(order: readonly Step[], alone = true): Promise<Fault | undefined> {
    this.runs++;
    this.runtime.restart(this.seed);
    const fault = await new OneRun(this.scenario(), this.runtime, this.settings, this.rejections, this.withSignal).finish(order, alone);
    // what a failed run has left must not meet the next one
    if (fault !== undefined || this.settings.strays === "allow" || this.runtime.now() > CLOCK_MS) this.renew();
    return fault;
  }

  private renew(): void {
    this.runtime = new VirtualRuntime({ seed: this.seed });
    this.rejections.reasons.length = 0;
  }

  /** A first call, to see what inputs it has. */
  private async probe(): Promise<InputRule[]> {
    const run = new OneRun(this.scenario(), this.runtime, this.settings, this.rejections, true);
    const { call, scenario } = run;
    const rules: InputRule[] = [];
    const add = (name: string, repeats: boolean, outside: boolean) => rules.push({ name, repeats, outside });
    if (scenario.message !== undefined) rules.push({ name: "message", repeats: true, outside: false, notAfter: "half-close" });
    if ((scenario.halfClose ?? call.closeSend ?? call.finish) !== undefined) add("half-close", false, false);
    add("cancel", false, false);
    add("deadline", false, true);
    add("connection-loss", false, true);
    add("shutdown", false, false);
    for (const [name, input] of Object.entries(scenario.inputs ?? {})) {
      if (!/^[\w-]+$/.test(name) || rules.some((rule) => rule.name === name)) {
        throw new UsageError(`the scenario's input "${name}" must be a word that no other input has`);
      }
      if (typeof input === "number") durationOption(`inputs.${name}`, input, 0, 2 ** 31 - 1);
      add(name, true, typeof input === "number");
    }
    this.withSignal = call.cancel === undefined;
    await run.finish([], true);
    this.renew();
    return rules;
  }

  private chosenRules(rules: readonly InputRule[]): readonly InputRule[] {
    const { inputs } = this.options;
    if (inputs === undefined) return rules;
    const names = rules.map(({ name }) => name);
    for (const name of inputs) if (!names.includes(name)) badOption("inputs", name, `one of ${names.join(", ")}`);
    return rules.filter(({ name }) => inputs.includes(name));
  }

  private report(rules: readonly InputRule[], orders: Orders, exhaustiveDepth: number): InterleavingReport {
    let total = 0;
    for (let length = 0; length <= this.depth; length++) total += orders.count(length);
    const { runs, sampled, seed } = this;
    return { runs, exhaustiveDepth, sampled, orders: total, inputs: rules.map(({ name }) => name), seed };
  }
}

/** Orders that are simpler by one thing: an input left out, or a gap that is plain. */
function* simpler(order: readonly Step[]): Generator<readonly Step[], void, void> {
  for (let i = 0; i < order.length; i++) yield order.filter((_, at) => at !== i);
  for (let i = 0; i < order.length; i++) {
    const { input, gap } = order[i] as Step;
    if (gap !== "rest") yield order.map((step, at) => (at === i ? { input, gap: "rest" } : step));
  }
}

function choice(option: string, value: "fail" | "allow"): "fail" | "allow" {
  return value === "fail" || value === "allow" ? value : badOption(option, value, '"fail" or "allow"');
}
