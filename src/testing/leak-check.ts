import { setImmediate } from "node:timers";
import type { Runtime } from "../base/runtime.js";

/** Kinds of resources of Node that a leak of Sluice would show in. */
const KINDS = [
  "TCPSocketWrap",
  "TCPServerWrap",
  "PipeWrap",
  "PipeServerWrap",
  "TLSWrap",
  "GetAddrInfoReqWrap",
  "TCPConnectWrap",
  "PipeConnectWrap",
];

/** Turns of the loop that closing handles get to finish. */
const MAX_TURNS = 2_000;

/** What may leak: whatever counts open exchanges or streams, and the runtime whose wheel holds the timers. */
export interface LeakSources {
  readonly runtime?: Runtime;
  /** Timers that were running before the test. Default 0. */
  readonly timersBefore?: number;
  /** Connections of either side. */
  readonly connections?: readonly { readonly openExchanges: number }[];
  /** Servers, channels, whatever counts what it holds: looked at again and again until nothing is left. As `statistics`. */
  readonly of?: readonly { statistics(): object }[];
  /** `server.statistics()`, `channel.statistics()`, as they were: every number in them that begins with `open`, or is named `timers` or `runningHandlers`, must be 0. */
  readonly statistics?: readonly Readonly<Record<string, unknown>>[];
}

/** What is left over, one line each; empty when nothing is. */
export function leaks(sources: LeakSources): string[] {
  const found: string[] = [];
  const timers = (sources.runtime?.timers.size ?? 0) - (sources.timersBefore ?? 0);
  if (timers > 0) found.push(`${timers} timers are running`);
  for (const { openExchanges } of sources.connections ?? []) if (openExchanges > 0) found.push(`${openExchanges} exchanges are open`);
  for (const statistics of [...(sources.statistics ?? []), ...(sources.of ?? []).map((one) => one.statistics())]) {
    for (const [name, value] of Object.entries(statistics)) {
      if (typeof value === "number" && value !== 0 && COUNTS.test(name)) found.push(`${name} is ${value}`);
    }
  }
  return found;
}

const COUNTS = /^(open[A-Z]\w*|timers|runningHandlers)$/;

/** How many sockets, pipes and listeners Node holds open now, by kind. Taken before a test, compared after. */
export function openHandles(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) if (KINDS.includes(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/**
 * Resolves when nothing is left: no open stream, call, handler or timer of the sources, and no more sockets and listeners than `before` (from
 * {@link openHandles}; default: none at all). What is closing gets some turns of the loop to finish; what is left after that is told by a
 * rejection that names it.
 */
export async function expectNoLeaks(before: ReadonlyMap<string, number> = new Map(), sources: LeakSources = {}): Promise<void> {
  let found: string[] = [];
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    found = [...leaks(sources), ...moreThan(before)];
    if (found.length === 0) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`something is left over: ${found.join(", ")}`);
}

function moreThan(before: ReadonlyMap<string, number>): string[] {
  const found: string[] = [];
  for (const [kind, count] of openHandles()) {
    const extra = count - (before.get(kind) ?? 0);
    if (extra > 0) found.push(`${extra} ${kind} more than before`);
  }
  return found;
}
