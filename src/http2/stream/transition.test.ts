import assert from "node:assert/strict";
import { test } from "node:test";
import { STREAM_INPUTS, STREAM_STATES, StreamInput, StreamState } from "./state.js";
import { StreamVerdict, transition } from "./transition.js";

type Name<T> = Extract<keyof T, string>;
type State = Name<typeof StreamState>;
type Input = Name<typeof StreamInput>;

/** The rules of RFC 9113 §5.1, half by half: what the table has to say, worked out another way. */
function expected(state: State, input: Input): number {
  const sending = input.startsWith("send");
  const ends = input.endsWith("End");
  const closed = state.startsWith("closed");
  if (sending) {
    const localOpen = state === "open" || state === "halfClosedRemote";
    if (input === "sendReset") return closed || state === "idle" ? StreamVerdict.misplaced : StreamState.closedByOurReset;
    if (state === "idle") {
      if (input === "sendHeaders") return StreamState.open;
      return input === "sendHeadersEnd" ? StreamState.halfClosedLocal : StreamVerdict.misplaced;
    }
    if (!localOpen) return StreamVerdict.misplaced;
    if (!ends) return StreamState[state];
    return state === "open" ? StreamState.halfClosedLocal : StreamState.closedByEnd;
  }
  const carries = input.startsWith("receiveHeaders") || input.startsWith("receiveData");
  if (state === "idle") {
    if (input === "receiveHeaders") return StreamState.open;
    return input === "receiveHeadersEnd" ? StreamState.halfClosedRemote : StreamVerdict.connectionProtocolError;
  }
  if (closed) {
    if (!carries || state === "closedByOurReset") return StreamVerdict.ignored;
    return state === "closedByEnd" ? StreamVerdict.connectionStreamClosed : StreamVerdict.streamClosed;
  }
  if (input === "receiveReset") return StreamState.closedByTheirReset;
  if (input === "receiveWindowUpdate") return StreamState[state];
  if (state === "halfClosedRemote") return StreamVerdict.streamClosed;
  if (!ends) return StreamState[state];
  return state === "open" ? StreamState.halfClosedRemote : StreamState.closedByEnd;
}

const states = Object.keys(StreamState) as State[];
const inputs = Object.keys(StreamInput) as Input[];

test("the table is total", () => {
  assert.equal(states.length, STREAM_STATES);
  assert.equal(inputs.length, STREAM_INPUTS);
});

for (const state of states) {
  test(`${state}: every input has the verdict of RFC 9113 §5.1`, () => {
    for (const input of inputs) {
      assert.equal(transition(StreamState[state], StreamInput[input]), expected(state, input), `${state} × ${input}`);
    }
  });
}

test("no input leads out of a closed state", () => {
  for (const state of states.filter((name) => name.startsWith("closed"))) {
    for (const input of inputs) assert.ok(transition(StreamState[state], StreamInput[input]) >= StreamVerdict.ignored);
  }
});
