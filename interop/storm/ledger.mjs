import { codeToNumber } from "sluice";

/** How many findings are kept in words; all are counted. */
const KEPT = 12;

/** What one process notes of the calls of a storm, by their numbers: few bytes a call, outside the heap that is measured. */
export class Ledger {
  /** Handlers begun, or calls made. */
  runs;
  /** Outcomes seen. */
  ends;
  /** The number of the code of the last one, plus 1. */
  codes;
  /** Messages received in order, or acknowledged by the server. */
  messages;
  findings = 0;
  words = [];

  constructor(count) {
    this.runs = new Uint8Array(count);
    this.ends = new Uint8Array(count);
    this.codes = new Uint8Array(count);
    this.messages = new Uint16Array(count);
  }

  ended(id, code) {
    this.ends[id]++;
    this.codes[id] = codeToNumber(code) + 1;
  }

  /** Something that must not be. */
  found(id, what) {
    this.findings++;
    if (this.words.length < KEPT) this.words.push(`call ${id}: ${what}`);
  }
}

/** The heap after collections, in bytes, and memory beside it: the least of a few readings. */
export async function memory() {
  const least = { heap: Number.POSITIVE_INFINITY, buffers: Number.POSITIVE_INFINITY };
  for (let i = 0; i < 6; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 30)); // finalizers, and what they let go
    const { heapUsed, external } = process.memoryUsage();
    least.heap = Math.min(least.heap, heapUsed);
    least.buffers = Math.min(least.buffers, external);
  }
  return least;
}

/** Waits until all of these numbers of `read()` are 0; gives those that are not. */
export async function leftOver(read, names, limitMs = 8000) {
  for (let waited = 0; ; waited += 20) {
    const now = read();
    const left = names.filter((name) => now[name] !== 0).map((name) => `${name} ${now[name]}`);
    if (left.length === 0 || waited >= limitMs) return left;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
