import type { Initiator } from "../base/initiator.js";
import type { Timeline } from "../base/timeline.js";
import { Outcome, outcomeError } from "../rpc/outcome.js";
import type { RpcError } from "../rpc/rpc-error.js";
import type { Status } from "../rpc/status.js";

/**
 * The end of a call as the application sees it: made when somebody asks, each part by itself, and then always the same objects. Whoever
 * waits for the outcome does not wait for an error that nobody has asked for.
 */
export class OutcomeView {
  /** Undefined until the end. */
  outcome: Outcome | undefined = undefined;
  private cause: unknown = undefined;
  private errorMade: RpcError | undefined = undefined;
  private promiseMade: Promise<Outcome> | undefined = undefined;
  private resolve: ((outcome: Outcome) => void) | undefined = undefined;

  settle(status: Status, initiator: Initiator, cause: unknown, timeline: Timeline): void {
    const outcome = new Outcome(status, initiator, timeline);
    this.outcome = outcome;
    this.cause = cause;
    this.resolve?.(outcome);
  }

  /** Settles once; never rejects. */
  get promise(): Promise<Outcome> {
    this.promiseMade ??= this.outcome === undefined ? this.promiseOfEnd() : Promise.resolve(this.outcome);
    return this.promiseMade;
  }

  private promiseOfEnd(): Promise<Outcome> {
    return new Promise((resolve) => {
      this.resolve = resolve;
    });
  }

  /** Only after a bad end. */
  get error(): RpcError {
    this.errorMade ??= outcomeError(this.outcome as Outcome, this.cause);
    return this.errorMade;
  }
}
