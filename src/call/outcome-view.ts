import type { Initiator } from "../base/initiator.js";
import type { Timeline } from "../base/timeline.js";
import { CodeNumber } from "../rpc/code.js";
import { Outcome, outcomeError } from "../rpc/outcome.js";
import type { RpcError } from "../rpc/rpc-error.js";
import type { Status } from "../rpc/status.js";

/** The end of a call as the application sees it: made when somebody asks, and then always the same objects. */
export class OutcomeView {
  /** Settles once; never rejects. */
  readonly promise: Promise<Outcome>;
  /** Undefined until the end. */
  outcome: Outcome | undefined = undefined;
  /** Undefined until the end, and after a good one. */
  error: RpcError | undefined = undefined;
  private resolve!: (outcome: Outcome) => void;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  settle(status: Status, initiator: Initiator, cause: unknown, timeline: Timeline): void {
    const outcome = new Outcome(status, initiator, timeline);
    this.outcome = outcome;
    if (status.code !== CodeNumber.ok) this.error = outcomeError(outcome, cause);
    this.resolve(outcome);
  }
}
