import { codeOf, type Reference } from "./reference.js";
import { copy, type Line, type State, type Take, WAITS } from "./state.js";

// Sets of states: what the reference may be in while it is not decided who comes first.

/** Time that moves lets what is on its way arrive before, or not. */
const TIMED = new Set(["deadline", "closing time"]);

/** The states after an input, in the turn in which it is made. */
export function after(reference: Reference, states: readonly State[], input: string): State[] {
  // closing time comes first
  const before = input === "deadline" ? after(reference, states, "closing time") : states;
  const from = TIMED.has(input) ? reachable(reference, before) : before;
  const moved = from.map((state) => {
    const next = copy(state);
    reference.input(next, input);
    return next;
  });
  if (TIMED.has(input)) return reachable(reference, moved);
  return moved.flatMap((state) => promptly(reference, state));
}

/** The state, and what it may become in the same turn. */
function promptly(reference: Reference, state: State): State[] {
  let all = [state];
  for (const take of reference.prompt(state)) all = [...all, ...taken(all, take)];
  return all;
}

function taken(states: readonly State[], take: Take): State[] {
  return states.map((state) => {
    const next = copy(state);
    take(next);
    return next;
  });
}

/** Where the states come to rest. */
export function settled(reference: Reference, states: readonly State[]): State[] {
  const resting = new Map<string, State>();
  const passed = new Set<string>();
  const open = states.map(copy);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    let steps = reference.steps(state);
    // one step, or steps whose order does not matter
    while (steps.length === 1 || (steps.length > 1 && isConfluent(reference, state))) {
      (steps[0] as Take)(state);
      steps = reference.steps(state);
    }
    const key = JSON.stringify(state);
    if (steps.length === 0) resting.set(key, state);
    else if (!passed.has(key)) {
      passed.add(key);
      for (const take of steps) open.push(...taken([state], take));
    }
  }
  return [...resting.values()];
}

function reachable(reference: Reference, states: readonly State[]): State[] {
  const all = new Map<string, State>();
  const open = [...states];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state);
    if (all.has(key)) continue;
    all.set(key, state);
    for (const take of reference.steps(state)) open.push(...taken([state], take));
  }
  return [...all.values()];
}

/** Nothing is under way but messages: their order between the two directions changes nothing. */
function isConfluent({ setting }: Reference, s: State): boolean {
  const ends = s.reset || s.lostClient || s.lostServer || s.drain || s.leaving || s.continuations > 0 || s.closing;
  return !ends && s.returning === "" && s.status === "" && !(setting.cancelOnHeaders && s.headers === WAITS);
}

/** What is seen of the call at rest. */
export function seen({ setting }: Reference, s: State): string {
  const views = [s.clientEnd, s.serverEnd, setting.kind === "unary" ? "" : s.headers, s.aborted ? codeOf(s.serverEnd) : "", s.draining];
  const client = s.clientEnd === "" ? 1 : 0;
  const server = s.begun && s.serverEnd === "" ? 1 : 0;
  return JSON.stringify([s.ops, ...views, client, client, server, server, s.begun && !s.rests ? 1 : 0]);
}

/** What the future depends on: what waits, but not what has come of the promises before, nor how messages are numbered. */
export function keyOf(states: readonly State[]): string {
  return states.map(keyOfOne).sort().join();
}

function keyOfOne(state: State): string {
  const { up, down, ops: _ops, reply: _reply, finishes, closes, ...others } = state;
  return JSON.stringify([lineKey(up), lineKey(down), finishes.length > 0, closes.length > 0, ...Object.values(others)]);
}

function lineKey({ waiting, queue, wire, inbox, reader, next: _next, ...others }: Line): unknown[] {
  const kind = (item: unknown) => (typeof item === "number" ? "m" : item);
  return [waiting.length, queue.map(kind), wire.map(kind), inbox.length, reader >= 0, ...Object.values(others)];
}
