import { badOption } from "../base/usage-error.js";

/** How many of a method's first calls are noted, and which of the later ones. */
const FIRST = 100;
const ONE_IN = 128;

/** Whether it is noted where a stream was opened: of a method's first 100, then of 1 in 128; of all; of none. */
export type CallSites = "sampled" | "always" | "never";

/** The option, or its default. Throws `UsageError`. */
export function callSitesOption(which: CallSites | undefined): CallSites {
  if (which === undefined) return "sampled";
  return CHOICES.includes(which) ? which : badOption("callSites", which, `one of ${CHOICES.join(", ")}`);
}

const CHOICES: readonly CallSites[] = ["sampled", "always", "never"];

/** Notes where in the user's code the streams of one method are opened. Walking the stack costs far more than the rest of a call. */
export class CallSiteNotes {
  private readonly which: CallSites;
  private opened = 0;
  /** One string for each place, however many streams it opens. */
  private readonly places = new Map<string, string>();

  constructor(which: CallSites) {
    this.which = which;
  }

  /** A stream is being opened by a call of the entry: where, if that is to be noted. */
  note(entry: EntryFunction): string | undefined {
    const { which } = this;
    if (which === "never") return undefined;
    const opened = this.opened++;
    if (which === "sampled" && opened >= FIRST && opened % ONE_IN !== 0) return undefined;
    const place = callSite(entry);
    if (place === undefined) return undefined;
    const known = this.places.get(place);
    if (known !== undefined) return known;
    if (this.places.size < FIRST) this.places.set(place, place);
    return place;
  }
}

/** What the user's code calls: the frames above it are the user's. */
export type EntryFunction = (...args: never[]) => unknown;

/** Frames that are looked at: the first is that of a built-in function where `map()` and the like call the client. */
const FRAMES = 4;

/**
 * Where in the user's code the entry was called: `main (file:///app/main.js:12:20)`. Made into text at once: an `Error` whose stack has
 * not been asked for keeps everything alive that its frames refer to. Undefined where the engine does not tell.
 */
function callSite(entry: EntryFunction): string | undefined {
  const errors = Error as StackTraces;
  const limit = errors.stackTraceLimit;
  const holder: { stack?: unknown } = {};
  try {
    errors.stackTraceLimit = FRAMES;
    errors.captureStackTrace?.(holder, entry);
    // whoever has set Error.prepareStackTrace may have made something else of it, or throw
    const { stack } = holder;
    if (typeof stack !== "string") return undefined;
    return stack
      .split("\n")
      .find(isPlace)
      ?.replace(/^\s*at /, "");
  } catch {
    return undefined;
  } finally {
    restore(errors, limit);
  }
}

function isPlace(line: string): boolean {
  return /^\s*at .*:\d+:\d+\)?$/.test(line);
}

interface StackTraces {
  stackTraceLimit?: number;
  captureStackTrace?(target: object, above: EntryFunction): void;
}

function restore(errors: StackTraces, limit: number | undefined): void {
  try {
    if (limit === undefined) delete errors.stackTraceLimit;
    else errors.stackTraceLimit = limit;
  } catch {
    // frozen: then it was not changed either
  }
}
