import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import { NO_FIELDS } from "../base/field.js";
import type { Initiator } from "../base/initiator.js";
import { NO_TIMELINE, type Timeline } from "../base/timeline.js";
import { badOption } from "../base/usage-error.js";
import { type Code, CodeNumber, codeFromNumber, codeToNumber } from "./code.js";
import { Metadata, type MetadataInit } from "./metadata.js";
import { type ErrorDetail, NO_DETAILS, type Status } from "./status.js";

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

/**
 * A call that did not end well: thrown by handlers to end a call with a code, and what calls reject with.
 *
 * `instanceof RpcError` holds across copies of the package in one program.
 */
export class RpcError extends Error {
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
    super(message, "cause" in options ? { cause: options.cause } : undefined);
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

  /** The error that a status is. Throws `UsageError` when the status is ok. */
  static fromStatus(status: Status, initiator: Initiator): RpcError {
    return new RpcError(status.code, status.message, {
      details: status.details,
      metadata: Metadata.fromFields(status.trailers),
      initiator,
    });
  }

  /** What happened to the call and when, up to its end; empty for an error that no call of this side has made. */
  get timeline(): Timeline {
    return this.#timeline;
  }

  /** How this error is said on the wire. What came with it from another server stays here: the metadata may be nobody else's business. */
  toStatus(): Status {
    const trailers = this.initiator === "peer" ? NO_FIELDS : this.metadata.toFields();
    return { code: codeToNumber(this.code), message: this.message, details: this.details, trailers };
  }

  /** The details of one type, decoded. Details that cannot be decoded are left out. */
  findDetails<Desc extends DescMessage>(schema: Desc): MessageShape<Desc>[] {
    const found: MessageShape<Desc>[] = [];
    for (const { type, value } of this.details) {
      if (type !== schema.typeName) continue;
      try {
        found.push(fromBinary(schema, value));
      } catch {
        // Written by a peer with another schema, or damaged: an error about an error helps nobody.
      }
    }
    return found;
  }
}

/** The same symbol in every copy of the package. */
const BRAND: symbol = Symbol.for("sluice.RpcError");

// On the prototype, where `Error` has it too: so the stack begins with the right name, and no instance pays for it.
Object.defineProperty(RpcError.prototype, "name", { value: "RpcError", configurable: true, writable: true });
Object.defineProperty(RpcError.prototype, BRAND, { value: true });
Object.defineProperty(RpcError, Symbol.hasInstance, { value: isInstance });

/** `value instanceof this`: for RpcError itself by the brand, for its subclasses as ever. */
function isInstance(this: unknown, value: unknown): boolean {
  if (this !== RpcError) return Function.prototype[Symbol.hasInstance].call(this as typeof RpcError, value);
  return typeof value === "object" && value !== null && BRAND in value;
}

/** The message of what was thrown, which can be anything, also what has no text. */
export function textOf(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "object" ? Object.prototype.toString.call(value) : String(value);
}

function checkCode(code: Code): Code {
  if (typeof code === "number" && Number.isInteger(code) && code >= 1 && code <= 0x7fffffff) return codeFromNumber(code);
  if (typeof code === "string" && code !== "ok" && Object.hasOwn(CodeNumber, code)) return code;
  return badOption("code", code, "the name of a code other than ok, or a whole number from 1 to 2147483647");
}
