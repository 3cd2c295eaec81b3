import type { Initiator } from "../base/initiator.js";
import { NO_TIMELINE, type Timeline } from "../base/timeline.js";
import { type Code, codeFromNumber } from "./code.js";
import { Metadata } from "./metadata.js";
import { RpcError, type RpcErrorOptions, setTimeline } from "./rpc-error.js";
import type { ErrorDetail, Status } from "./status.js";

/** How a call ended. Every call has exactly one (contract C1). */
export class Outcome {
  /** `"ok"` for a good end. */
  readonly code: Code;
  /** For people; empty for a good end. */
  readonly message: string;
  readonly details: readonly ErrorDetail[];
  /** Who ended the call: for a status that the peer sent, `"peer"`. */
  readonly initiator: Initiator;
  /** The trailing metadata, empty where none came. */
  readonly trailers: Metadata;
  readonly #timeline: Timeline;

  constructor(status: Status, initiator: Initiator, timeline: Timeline = NO_TIMELINE) {
    this.code = codeFromNumber(status.code);
    this.message = status.message;
    this.details = status.details;
    this.initiator = initiator;
    this.trailers = Metadata.fromFields(status.trailers);
    this.#timeline = timeline;
  }

  /** What happened to the call and when, up to its end. */
  get timeline(): Timeline {
    return this.#timeline;
  }
}

/** The error of a call that did not end well. Throws `UsageError` for an outcome that is ok. */
export function outcomeError(outcome: Outcome, cause?: unknown): RpcError {
  const { code, message, details, initiator, trailers: metadata } = outcome;
  const error = withoutStack(code, message, { details, initiator, metadata, cause });
  setTimeline(error, outcome.timeline);
  return error;
}

/**
 * Makes an error without walking the stack, which costs several times the rest. Such errors come up in an event of a socket or a timer: the
 * frames would be ours alone and tell nobody anything.
 */
function withoutStack(code: Code, message: string, options: RpcErrorOptions): RpcError {
  const errors = Error as { stackTraceLimit?: number };
  const limit = errors.stackTraceLimit;
  if (limit === undefined) return new RpcError(code, message, options);
  errors.stackTraceLimit = 0;
  try {
    return new RpcError(code, message, options);
  } finally {
    errors.stackTraceLimit = limit;
  }
}
