import { type Drive, Kernel } from "./kernel.js";
import { copy, Reference, type Setting, type State, type Take } from "./reference.js";

/** One input of a path; `rests`: everything has come to rest before the next, which else follows in the same turn. */
export interface Step {
  readonly input: string;
  readonly rests: boolean;
}

/** How far to go. */
export interface Bounds {
  /** Inputs of a path. */
  readonly depth: number;
  /** Inputs of one turn. */
  readonly burst: number;
}

/** What a path has led to: the states that the reference may be in, one of which the kernel agrees with. */
interface Node {
  readonly path: readonly Step[];
  readonly states: readonly State[];
  /** Inputs since everything was at rest. */
  readonly burst: number;
}

export interface Found {
  states: number;
  transitions: number;
  failures: string[];
}

const MAX_FAILURES = 5;
/** Sends of one half that wait: more behave as these. */
const MAX_WAITING = 2;

/** Goes from every state by every input, within the bounds; for each the kernel is driven from the beginning of the call to its end. */
export async function explore(setting: Setting, drive: Drive, { depth, burst }: Bounds): Promise<Found> {
  const reference = new Reference(setting);
  let kernel = new Kernel(setting, drive);
  const inputs = reference.inputs();
  const found: Found = { states: 0, transitions: 0, failures: [] };
  const known = new Set<string>();
  let layer: Node[] = [];
  const reach = (node: Node): void => {
    const key = keyOf(node);
    if (known.has(key)) return;
    known.add(key);
    found.states++;
    layer.push(node);
  };
  const first = [reference.begin()];
  if (burst > 1) reach({ path: [], states: first, burst: 1 });
  reach({ path: [{ input: "", rests: true }], states: settled(reference, first), burst: 0 });
  for (let at = 0; at < depth; at++) {
    const nodes = layer;
    layer = [];
    for (const node of nodes) {
      for (const input of inputs) {
        if (!worthwhile(node, input)) continue;
        found.transitions++;
        const path = [...node.path, { input, rests: true }];
        const moved = after(reference, node.states, input);
        await replay(kernel, path);
        const { agreed, problem } = await compare(reference, kernel, settled(reference, moved));
        const wrong = problem ?? (await end(reference, kernel, agreed));
        if (wrong !== undefined) {
          found.failures.push(`${describe(path)}\n${wrong}`);
          if (found.failures.length >= MAX_FAILURES) return found;
          kernel = new Kernel(setting, drive);
          continue;
        }
        reach({ path, states: agreed, burst: 0 });
        if (node.burst + 1 < burst && moved.some((state) => reference.steps(state).length > 0)) {
          reach({ path: [...node.path, { input, rests: false }], states: moved, burst: node.burst + 1 });
        }
      }
    }
  }
  return found;
}

function worthwhile({ states }: Node, input: string): boolean {
  if (input === "send") return states.every(({ up }) => up.waiting.length < MAX_WAITING);
  if (input === "s.send") return states.every(({ down }) => down.waiting.length < MAX_WAITING);
  return true;
}

/** The states of the reference that look as the kernel does. */
export async function compare(
  reference: Reference,
  kernel: Kernel,
  resting: readonly State[],
): Promise<{ agreed: readonly State[]; problem: string | undefined }> {
  const seen = await kernel.seen();
  const agreed = resting.filter((state) => reference.seen(state) === seen);
  if (agreed.length > 0) return { agreed, problem: undefined };
  const expected = [...new Set(resting.map((state) => reference.seen(state)))].join("\n       or ");
  return { agreed, problem: `reference ${expected}\nkernel    ${seen}` };
}

/** Brings the kernel where the path leads. */
export async function replay(kernel: Kernel, path: readonly Step[]): Promise<void> {
  await kernel.warmUp();
  kernel.start();
  for (const { input, rests } of path) {
    if (input !== "") kernel.input(input);
    if (rests) await kernel.rest();
  }
}

/** Cancels, and lets the handler return: from every state everything ends, and nothing is held. */
export async function end(reference: Reference, kernel: Kernel, states: readonly State[]): Promise<string | undefined> {
  let expected = states;
  for (const input of ["cancel", "s.return"]) {
    kernel.input(input);
    await kernel.rest();
    expected = settled(reference, after(reference, expected, input));
  }
  const { problem } = await compare(reference, kernel, expected);
  const left = kernel.leftovers();
  if (left.length > 0) return `at the end: ${left.join("; ")}`;
  return problem === undefined ? undefined : `at the end:\n${problem}`;
}

/** Time that moves lets what is on its way arrive before, or not. */
const TIMED = new Set(["deadline", "closing time"]);

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
  return moved.flatMap((state) => reference.atOnce(state));
}

/** Where the states come to rest. */
export function settled(reference: Reference, states: readonly State[]): State[] {
  const resting = new Map<string, State>();
  const passed = new Set<string>();
  const open = states.map(copy);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    let steps = reference.steps(state);
    // one step, or steps whose order does not matter
    while (steps.length === 1 || (steps.length > 1 && reference.confluent(state))) {
      (steps[0] as Take)(state);
      steps = reference.steps(state);
    }
    const key = JSON.stringify(state);
    if (steps.length === 0) resting.set(key, state);
    else if (!passed.has(key)) {
      passed.add(key);
      open.push(...taken(state, steps));
    }
  }
  return [...resting.values()];
}

/** The state after each of the steps. */
function taken(state: State, steps: readonly Take[]): State[] {
  return steps.map((take) => {
    const next = copy(state);
    take(next);
    return next;
  });
}

function reachable(reference: Reference, states: readonly State[]): State[] {
  const all = new Map<string, State>();
  const open = [...states];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = JSON.stringify(state);
    if (all.has(key)) continue;
    all.set(key, state);
    open.push(...taken(state, reference.steps(state)));
  }
  return [...all.values()];
}

/** What the future depends on: what waits, but not what has come of the promises before, nor how messages are numbered. */
function keyOf({ states, burst }: Node): string {
  return `${burst}${states.map(keyOfOne).sort().join()}`;
}

function keyOfOne(state: State): string {
  const { up, down, ops: _ops, reply: _reply, finishes, closes, ...others } = state;
  return JSON.stringify([lineKey(up), lineKey(down), finishes.length > 0, closes.length > 0, ...Object.values(others)]);
}

function lineKey({ waiting, queue, wire, inbox, reader, next: _next, ...others }: State["up"]): unknown[] {
  const kind = (item: unknown) => (typeof item === "number" ? "m" : item);
  return [waiting.length, queue.map(kind), wire.map(kind), inbox.length, reader >= 0, ...Object.values(others)];
}

export function describe(path: readonly Step[]): string {
  return path.map(({ input, rests }) => `${input === "" ? "call" : input}${rests ? "," : " +"}`).join(" ");
}
