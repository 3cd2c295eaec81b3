import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Initiator } from "../base/initiator.js";
import { NO_TIMELINE, type Timeline } from "../base/timeline.js";
import { badOption, shown } from "../base/usage-error.js";
import { type Code, codeFromNumber, codeToNumber } from "./code.js";
import { Metadata, type MetadataInit } from "./metadata.js";
import { type ErrorDetail, NO_DETAILS } from "./status.js";

/** What an {@link RpcError} may carry beside code and message. */
export interface RpcErrorOptions {
  /** Machine-readable details, made with `detail(schema, message)`. Default none. */
  readonly details?: readonly ErrorDetail[];
  /**
   * Thrown by a handler: trailers to send. Received: the trailers that came, which go no further when a handler rethrows the error. Metadata is
   * kept, not copied. Default empty.
   */
  readonly metadata?: MetadataInit;
  /** What led to this error. Never goes over the wire. */
  readonly cause?: unknown;
  /** Who caused it. Default `"application"`. */
  readonly initiator?: Initiator;
}

/** Gives an error the timeline of its call: inside the package only. */
export let setTimeline: (error: RpcError, timeline: Timeline) => void;

/** The same symbol in every copy of the package. */
const BRAND: symbol = Symbol.for("sluice.RpcError");

/**
 * A call that did not end well: thrown by handlers to end a call with a code, and what calls reject with.
 *
 * `instanceof RpcError` holds across copies of the package in one program.
 */
export class RpcError extends Error {
  /** `value instanceof this`: for RpcError itself by the brand, for its subclasses as ever. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass asks as itself
    if (this !== RpcError) return super[Symbol.hasInstance](value);
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** Never `"ok"`. */
  readonly code: Code;
  readonly details: readonly ErrorDetail[];
  readonly metadata: Metadata;
  readonly initiator: Initiator;
  #timeline: Timeline = NO_TIMELINE;

  static {
    setTimeline = (error, timeline) => {
      error.#timeline = timeline;
    };
  }

  /** Throws `UsageError` for `"ok"` and for what is not a code. */
  constructor(code: Code, message: string, options: RpcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = checkCode(code);
    this.details = options.details ?? NO_DETAILS;
    this.metadata = options.metadata instanceof Metadata ? options.metadata : new Metadata(options.metadata);
    this.initiator = options.initiator ?? "application";
  }

  /** The value itself when it is an `RpcError`; else one with this code, the value's message, and the value as its cause. */
  static from(value: unknown, code: Code = "unknown"): RpcError {
    if (value instanceof RpcError) return value;
    return new RpcError(code, textOf(value), { cause: value });
  }

  /** What happened to the call and when, up to its end; empty for an error that no call of this side has made. */
  get timeline(): Timeline {
    return this.#timeline;
  }

  /** The details of one type, decoded. Details that cannot be decoded are left out. */
  findDetails<Desc extends DescMessage>(schema: Desc): MessageShape<Desc>[] {
    return this.details.flatMap(({ type, value }) => {
      try {
        return type === schema.typeName ? [fromBinary(schema, value)] : [];
      } catch {
        // Written by a peer with another schema, or damaged: an error about an error helps nobody.
        return [];
      }
    });
  }
}

// on the prototype, so that no instance pays for it; the name is where `Error` has it too, so that the stack begins with it
Object.assign(RpcError.prototype, { name: "RpcError", [BRAND]: true });

/** The message of what was thrown, which can be anything, also what has no text. */
export function textOf(value: unknown): string {
  return value instanceof Error ? value.message : shown(value);
}

function checkCode(code: Code): Code {
  const number = codeToNumber(code);
  if (Number.isInteger(number) && number >= 1 && number <= 0x7fffffff) return codeFromNumber(number);
  return badOption("code", code, "the name of a code other than ok, or an integer from 1 to 2147483647");
}
