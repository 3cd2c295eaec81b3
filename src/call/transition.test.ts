import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Effect,
  ENDED,
  effectOf,
  INPUTS,
  Input,
  Local,
  localHalf,
  nextState,
  Remote,
  remoteHalf,
  stateOf,
  transition,
} from "./transition.js";

const states = Array.from({ length: ENDED + 1 }, (_, state) => state);
const inputs = Object.entries(Input);

test("the inputs are numbered without gaps", () => {
  assert.deepEqual(
    Object.values(Input).sort((a, b) => a - b),
    Array.from({ length: INPUTS }, (_, input) => input),
  );
});

test("every input has an answer in every state, and leads to a state", () => {
  const effects: number[] = Object.values(Effect);
  for (const state of states) {
    for (const [name, input] of inputs) {
      const verdict = transition(state, input);
      assert.ok(nextState(verdict) <= ENDED, `${name} in ${state}`);
      assert.ok(effects.includes(effectOf(verdict)), `${name} in ${state}`);
    }
  }
});

test("the end is absorbing: nothing leaves it, and only sending is misuse", () => {
  for (const [name, input] of inputs) {
    const verdict = transition(ENDED, input);
    assert.equal(nextState(verdict), ENDED, name);
    const sends = input === Input.sendHead || input === Input.sendMessage;
    assert.equal(effectOf(verdict), sends ? Effect.misuse : Effect.ignored, name);
  }
});

test("what ends a call ends it in every state", () => {
  const terminal = [Input.cancel, Input.status, Input.reset, Input.deadline, Input.fault];
  for (let state = 0; state < ENDED; state++) {
    for (const input of terminal) assert.equal(transition(state, input), ENDED | Effect.accepted);
    const done = localHalf(state) === Local.ended;
    assert.equal(transition(state, Input.complete), ENDED | (done ? Effect.accepted : Effect.violation));
  }
});

test("halves are read from a state, and both have ended at the end", () => {
  for (const local of Object.values(Local)) {
    for (const remote of Object.values(Remote)) {
      assert.equal(localHalf(stateOf(local, remote)), local);
      assert.equal(remoteHalf(stateOf(local, remote)), remote);
    }
  }
  assert.equal(localHalf(ENDED), Local.ended);
  assert.equal(remoteHalf(ENDED), Remote.ended);
});

/** What may happen, written from the contract: `<half before> <input>: <half after>`. What is not here changes nothing. */
const LOCAL_STEPS = [
  "unsent sendHead: open",
  "unsent sendMessage: open",
  "open sendMessage: open",
  "unsent endLocal: ended",
  "open endLocal: ended",
];
const REMOTE_STEPS = [
  "awaited head: open",
  "open message: open",
  "open endRemote: ended",
  "discarded endRemote: ended",
  "awaited discard: discarded",
  "open discard: discarded",
];
/** What is not allowed rather than of no effect. */
const MISUSE = ["ended sendHead", "ended sendMessage"];
const VIOLATIONS = ["open head", "ended head", "awaited message", "ended message", "awaited endRemote", "ended endRemote"];

test("each half moves as the contract says, and the other stays", () => {
  const names = (half: Readonly<Record<string, number>>, value: number) => Object.entries(half).find(([, v]) => v === value)?.[0] as string;
  const terminal = ["cancel", "status", "reset", "deadline", "fault", "complete"];
  for (let state = 0; state < ENDED; state++) {
    const local = names(Local, localHalf(state));
    const remote = names(Remote, remoteHalf(state));
    for (const [name, input] of inputs) {
      if (terminal.includes(name)) continue;
      const verdict = transition(state, input);
      const after = nextState(verdict);
      const isLocal = ["sendHead", "sendMessage", "endLocal"].includes(name);
      const before = isLocal ? local : remote;
      const steps = isLocal ? LOCAL_STEPS : REMOTE_STEPS;
      const step = steps.find((line) => line.startsWith(`${before} ${name}: `));
      const expected = step === undefined ? before : (step.split(": ")[1] as string);
      const where = `${name} in ${local}/${remote}`;
      assert.equal(isLocal ? names(Local, localHalf(after)) : names(Remote, remoteHalf(after)), expected, where);
      assert.equal(isLocal ? remoteHalf(after) : localHalf(after), isLocal ? remoteHalf(state) : localHalf(state), where);
      const effect = effectOf(verdict);
      if (MISUSE.includes(`${before} ${name}`)) assert.equal(effect, Effect.misuse, where);
      else if (VIOLATIONS.includes(`${before} ${name}`)) assert.equal(effect, Effect.violation, where);
      // the server moves here to hear that the peer's half has ended, also of one it discards: nobody is told
      else if (`${before} ${name}` === "discarded endRemote") assert.equal(effect, Effect.ignored, where);
      else assert.equal(effect, step === undefined ? Effect.ignored : Effect.accepted, where);
    }
  }
});
