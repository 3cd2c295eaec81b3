import { badOption } from "../../base/usage-error.js";

/**
 * What happens between an input and the one before it. `rest`: everything that can; `sync`: nothing, not even the reaction of a promise;
 * `microtask`: one round of reactions; `turn`: all reactions, but nothing is delivered; `task`: one delivery and all reactions to it.
 */
export type Gap = "rest" | "sync" | "microtask" | "turn" | "task";

/** One input of an order, and what happens before it. */
export interface Step {
  readonly input: string;
  readonly gap: Gap;
}

/** An input as orders see it. */
export interface InputRule {
  readonly name: string;
  /** It may come again and again. */
  readonly repeats: boolean;
  /** It comes from outside: a network or a timer, which never interrupt the reactions of promises. */
  readonly outside: boolean;
  /** Not after this one. */
  readonly notAfter?: string;
}

const INSIDE_GAPS: readonly Gap[] = ["rest", "sync", "microtask", "task"];
const OUTSIDE_GAPS: readonly Gap[] = ["rest", "turn", "task"];

/** All orders of some inputs, by length. */
export class Orders {
  private readonly rules: readonly InputRule[];
  private readonly counts = new Map<number, number>();

  constructor(rules: readonly InputRule[]) {
    this.rules = rules;
  }

  /** How many orders have this length. */
  count(length: number, used = 0): number {
    if (length === 0) return 1;
    const key = length * 2 ** this.rules.length + used;
    let count = this.counts.get(key);
    if (count === undefined) {
      count = 0;
      for (let i = 0; i < this.rules.length; i++) {
        if (this.allowed(i, used)) count += gapsOf(this.rules[i] as InputRule).length * this.count(length - 1, used | (1 << i));
      }
      this.counts.set(key, count);
    }
    return count;
  }

  /** Every order of this length, the plainest gaps first. The list is used again: copy what is kept. */
  *all(length: number, steps: Step[] = [], used = 0): Generator<readonly Step[], void, void> {
    if (length === 0) {
      yield steps;
      return;
    }
    for (let i = 0; i < this.rules.length; i++) {
      if (!this.allowed(i, used)) continue;
      for (const step of this.stepsOf(i)) {
        steps.push(step);
        yield* this.all(length - 1, steps, used | (1 << i));
        steps.pop();
      }
    }
  }

  /** One order of this length, or of less where nothing more is allowed. */
  sample(length: number, random: () => number): readonly Step[] {
    const steps: Step[] = [];
    let used = 0;
    while (steps.length < length) {
      const open = this.rules.flatMap((_, i) => (this.allowed(i, used) ? [i] : []));
      if (open.length === 0) break;
      const i = open[Math.floor(random() * open.length)] as number;
      const choices = this.stepsOf(i);
      steps.push(choices[Math.floor(random() * choices.length)] as Step);
      used |= 1 << i;
    }
    return steps;
  }

  /** Whether these inputs may come in this order. */
  permits(steps: readonly Step[]): boolean {
    let used = 0;
    for (const { input } of steps) {
      const i = this.rules.findIndex(({ name }) => name === input);
      if (i < 0 || !this.allowed(i, used)) return false;
      used |= 1 << i;
    }
    return true;
  }

  /** Reads what {@link orderText} wrote. Throws `UsageError`. */
  parse(text: string): readonly Step[] {
    const steps: Step[] = [];
    for (const word of text.split(/\s+/).filter((part) => part !== "")) {
      const [input = "", gap = "rest"] = word.split("@");
      const rule = this.rules.find(({ name }) => name === input);
      const known = this.rules.map(({ name }) => name).join(", ");
      if (rule === undefined) badOption("replay", text, `an order of the inputs ${known}`);
      if (!gapsOf(rule).includes(gap as Gap)) badOption("replay", text, `made of gaps that "${input}" has: ${gapsOf(rule).join(", ")}`);
      steps.push({ input, gap: gap as Gap });
    }
    if (!this.permits(steps)) badOption("replay", text, "an order that can come about");
    return steps;
  }

  private allowed(i: number, used: number): boolean {
    const rule = this.rules[i] as InputRule;
    if (!rule.repeats && (used & (1 << i)) !== 0) return false;
    if (rule.notAfter === undefined) return true;
    const before = this.rules.findIndex(({ name }) => name === rule.notAfter);
    return before < 0 || (used & (1 << before)) === 0;
  }

  private readonly made: (readonly Step[])[] = [];

  private stepsOf(i: number): readonly Step[] {
    const rule = this.rules[i] as InputRule;
    this.made[i] ??= gapsOf(rule).map((gap) => ({ input: rule.name, gap }));
    return this.made[i] as readonly Step[];
  }
}

/** `message cancel@sync`: the inputs in order, each with its gap unless that is `rest`. */
export function orderText(steps: readonly Step[]): string {
  return steps.map(({ input, gap }) => (gap === "rest" ? input : `${input}@${gap}`)).join(" ");
}

function gapsOf(rule: InputRule): readonly Gap[] {
  return rule.outside ? OUTSIDE_GAPS : INSIDE_GAPS;
}
