/** One order of inputs under which a scenario does not hold: the shortest that was found. */
export class InterleavingFailure extends Error {
  override readonly name = "InterleavingFailure";
  /** The order, for the option `replay`. */
  readonly order: string;
  readonly seed: number;
  /** The run that found it, from 1. */
  readonly run: number;
  /** What is wrong, in one sentence. */
  readonly what: string;

  constructor(order: string, seed: number, run: number, what: string, cause: unknown) {
    const shown = order === "" ? "(no input: the call is left to its deadline)" : order;
    super(
      `${what}\n  order: ${shown}\n  found in run ${run} with seed ${seed}\n  replay it with { seed: ${seed}, replay: ${JSON.stringify(order)} }`,
      cause === undefined ? undefined : { cause },
    );
    this.order = order;
    this.seed = seed;
    this.run = run;
    this.what = what;
  }
}
