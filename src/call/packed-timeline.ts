import { errorCodeName } from "../base/error-code.js";
import type { Timeline, TimelineEntry } from "../base/timeline.js";
import { codeFromNumber } from "../rpc/code.js";
import { CallEvent, EVENT_WORDS, FIRST_EVENT, Value } from "./call-event.js";

/** The lower bits of an entry: its `CallEvent` or `Value`. Above them 25 bits, so that every entry is a small integer on every platform. */
const KIND_BITS = 5;
const KIND_MASK = 2 ** KIND_BITS - 1;
/** Times up to this (4.6 h) are kept in ms, later ones in seconds above it (up to 194 days). */
const EXACT_MS = 2 ** 24;
const MAX_VALUE = 2 ** 25 - 1;

/** An event at so many ms since the call began. */
export function packEvent(event: number, ms: number): number {
  return (packTime(ms) << KIND_BITS) | event;
}

/** A number that belongs to the event before it. */
export function packValue(kind: number, value: number): number {
  return (Math.min(value, MAX_VALUE) << KIND_BITS) | kind;
}

/** Whether an entry is an event, rather than a value of the one before. */
export function isEvent(entry: number): boolean {
  return (entry & KIND_MASK) >= FIRST_EVENT;
}

function packTime(ms: number): number {
  if (ms < EXACT_MS) return ms | 0;
  return EXACT_MS + Math.min(Math.floor(ms / 1000), EXACT_MS - 1);
}

function unpackTime(entry: number): number {
  const time = entry >>> KIND_BITS;
  return time < EXACT_MS ? time : (time - EXACT_MS) * 1000;
}

/** How often the sends of a call had to wait, and how long. */
export interface SendWaits {
  readonly times: number;
  readonly ms: number;
}

/** A timeline as it was at one moment, still packed: text is made when somebody reads it. */
export class PackedTimeline implements Timeline {
  readonly #packed: readonly number[];
  /** Where entries are missing. */
  readonly #kept: number;
  readonly #dropped: number;
  readonly #sendWaits: SendWaits;

  /** `dropped` events are missing after the first `kept` of the packed entries. */
  constructor(packed: readonly number[], kept: number, dropped: number, sendWaits: SendWaits) {
    this.#packed = packed;
    this.#kept = kept;
    this.#dropped = dropped;
    this.#sendWaits = sendWaits;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get entries(): TimelineEntry[] {
    return [OPENED, ...this.#unpack(0, this.#packed.length).map(entryOf)];
  }

  toString(): string {
    const first = [textOf(OPENED_PART), ...this.#unpack(0, this.#kept).map(textOf)];
    if (this.#dropped > 0) first.push(`(${this.#dropped} left out)`);
    return [...first, ...this.#unpack(this.#kept, this.#packed.length).map(textOf)].join("; ");
  }

  toJSON(): TimelineEntry[] {
    return this.entries;
  }

  /** The events among the entries from `start` to `end`, each with the values that follow it. */
  #unpack(start: number, end: number): Part[] {
    const packed = this.#packed;
    const parts: Part[] = [];
    for (let at = start; at < end; at++) {
      const entry = packed[at] as number;
      // a value whose event stands before `start`
      if (!isEvent(entry)) continue;
      const part: Part = { atMs: unpackTime(entry), event: EVENT_WORDS[entry & KIND_MASK] as string, names: [], counts: [] };
      if ((entry & KIND_MASK) === CallEvent.sendWaits) part.counts.push(waited(this.#sendWaits));
      // the values of the last one before `end` stand after it
      for (let next = at + 1; next < packed.length && !isEvent(packed[next] as number); next++) addValue(part, packed[next] as number);
      if ((entry & KIND_MASK) === CallEvent.status && part.names.length === 0) part.names.push("ok");
      parts.push(part);
    }
    return parts;
  }
}

// what `console.log` shows of it; the symbol is Node's own and means nothing elsewhere
Object.defineProperty(PackedTimeline.prototype, Symbol.for("nodejs.util.inspect.custom"), {
  value(this: PackedTimeline): string {
    return this.toString();
  },
});

/** An entry, with its details by how they are said. */
interface Part {
  readonly atMs: number;
  readonly event: string;
  /** `CANCEL`: said right after the event. */
  readonly names: string[];
  /** `3 messages unread`: said after a comma. */
  readonly counts: string[];
}

const OPENED: TimelineEntry = Object.freeze({ atMs: 0, event: "opened" });
const OPENED_PART: Part = { ...OPENED, names: [], counts: [] };

function entryOf({ atMs, event, names, counts }: Part): TimelineEntry {
  const detail = [...names, ...counts].join(", ");
  return detail === "" ? { atMs, event } : { atMs, event, detail };
}

function textOf({ atMs, event, names, counts }: Part): string {
  return [[`+${atMs} ms ${event}`, ...names].join(" "), ...counts].join(", ");
}

function addValue({ names, counts }: Part, entry: number): void {
  const value = entry >>> KIND_BITS;
  switch (entry & KIND_MASK) {
    case Value.errorCode:
      names.push(errorCodeName(value));
      break;
    case Value.status:
      names.push(String(codeFromNumber(value)));
      break;
    case Value.unread:
      counts.push(`${value} ${value === 1 ? "message" : "messages"} unread`);
      break;
    case Value.unsent:
      counts.push(`${value} ${value === 1 ? "send" : "sends"} waiting`);
      break;
    default:
      counts.push(`attempt ${value}`);
  }
}

function waited({ times, ms }: SendWaits): string {
  return times === 1 ? `${Math.round(ms)} ms` : `${times} times, ${Math.round(ms)} ms in all`;
}
