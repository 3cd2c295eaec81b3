import { type Drive, Kernel } from "./kernel.js";
import { Reference } from "./reference.js";
import type { Setting } from "./setting.js";
import type { State } from "./state.js";
import { after, keyOf, seen as seenOf, settled } from "./state-sets.js";

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
    const key = `${node.burst}${keyOf(node.states)}`;
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
  const agreed = resting.filter((state) => seenOf(reference, state) === seen);
  if (agreed.length > 0) return { agreed, problem: undefined };
  const expected = [...new Set(resting.map((state) => seenOf(reference, state)))].join("\n       or ");
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

export function describe(path: readonly Step[]): string {
  return path.map(({ input, rests }) => `${input === "" ? "call" : input}${rests ? "," : " +"}`).join(" ");
}
