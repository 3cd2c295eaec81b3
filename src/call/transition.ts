/*
 * The life of one call, as a pure state machine: the same on both sides, for every kind and every protocol.
 *
 * A call has two halves, each with its own end, and one terminal state. The local half is what this side sends (the client its
 * requests, the server its responses), the remote half is what it receives. How the call ended is a value beside the terminal
 * state (`Status` and `Initiator`), set by the input that moved there; the first one wins.
 *
 *   local half     unsent ──sendHead──► open ──endLocal──► ended
 *   remote half    awaited ──head──► open ──endRemote──► ended        any ──discard──► discarded
 *   the call       any ──cancel, deadline, fault, status, reset, complete──► ended
 */

export const Local = { unsent: 0, open: 1, ended: 2 } as const;
export const Remote = { awaited: 0, open: 1, ended: 2, discarded: 3 } as const;

/** The terminal state; every other state is `local * 4 + remote`. */
export const ENDED = 12;

export function stateOf(local: number, remote: number): number {
  return local * 4 + remote;
}

export function localHalf(state: number): number {
  return state === ENDED ? Local.ended : state >> 2;
}

export function remoteHalf(state: number): number {
  return state === ENDED ? Remote.ended : state & 3;
}

/** What can happen to a call, by who does it. */
export const Input = {
  // the application on this side
  sendHead: 0,
  sendMessage: 1,
  /** The client half-closes; the server's handler has settled, and its status is on the way. */
  endLocal: 2,
  /** What the peer still sends is of no interest: `close()`, or a handler that left its requests. */
  discard: 3,
  cancel: 4,
  // the peer
  head: 5,
  message: 6,
  /** The client's half-close, as the server sees it. */
  endRemote: 7,
  /** The server's status, as the client sees it. */
  status: 8,
  /** The exchange was reset, or the connection is gone. */
  reset: 9,
  // this side's engine
  deadline: 10,
  /** A limit, a malformed message, a shutdown. */
  fault: 11,
  // the transport
  /** Both halves have ended by themselves and everything has been sent. */
  complete: 12,
} as const;

export const INPUTS = 13;

/** What an input does besides moving the state. */
export const Effect = {
  /** The input counts. */
  accepted: 0,
  /** The input changes nothing any more. */
  ignored: 16,
  /** The application may not do this now: `UsageError`, or the outcome's error after the end. */
  misuse: 32,
  /** The peer may not do this now: the call fails with `internal`. */
  violation: 48,
} as const;

/** A state and an effect in one integer. */
export type Verdict = number;

export function nextState(verdict: Verdict): number {
  return verdict & 15;
}

export function effectOf(verdict: Verdict): number {
  return verdict & 48;
}

/** The state after an input, and what the input does. Total: every input has an answer in every state. */
export function transition(state: number, input: number): Verdict {
  return TABLE[state * INPUTS + input] as Verdict;
}

// Each half's own answers, one row a state of the half. `-` in a comment of a row: the input is none of this half's business.
const LOCAL_ROWS: Readonly<Record<number, readonly [to: number, effect: number][]>> = {
  //                    unsent                             open                               ended
  [Input.sendHead]: [
    [Local.open, Effect.accepted],
    [Local.open, Effect.ignored],
    [Local.ended, Effect.misuse],
  ],
  [Input.sendMessage]: [
    [Local.open, Effect.accepted],
    [Local.open, Effect.accepted],
    [Local.ended, Effect.misuse],
  ],
  [Input.endLocal]: [
    [Local.ended, Effect.accepted],
    [Local.ended, Effect.accepted],
    [Local.ended, Effect.ignored],
  ],
};

const REMOTE_ROWS: Readonly<Record<number, readonly [to: number, effect: number][]>> = {
  //                 awaited                                 open                                    ended                                discarded
  [Input.head]: [
    [Remote.open, Effect.accepted],
    [Remote.open, Effect.violation],
    [Remote.ended, Effect.violation],
    [Remote.discarded, Effect.ignored],
  ],
  [Input.message]: [
    [Remote.awaited, Effect.violation],
    [Remote.open, Effect.accepted],
    [Remote.ended, Effect.violation],
    [Remote.discarded, Effect.ignored],
  ],
  [Input.endRemote]: [
    [Remote.awaited, Effect.violation],
    [Remote.ended, Effect.accepted],
    [Remote.ended, Effect.violation],
    [Remote.ended, Effect.ignored],
  ],
  [Input.discard]: [
    [Remote.discarded, Effect.accepted],
    [Remote.discarded, Effect.accepted],
    [Remote.ended, Effect.ignored],
    [Remote.discarded, Effect.ignored],
  ],
};

/** Inputs that end the call from every state but the terminal one. */
const TERMINAL: ReadonlySet<number> = new Set([Input.cancel, Input.status, Input.reset, Input.deadline, Input.fault]);

function decide(state: number, input: number): Verdict {
  if (state === ENDED) return ENDED | (isSending(input) ? Effect.misuse : Effect.ignored);
  const local = state >> 2;
  const remote = state & 3;
  if (TERMINAL.has(input)) return ENDED | Effect.accepted;
  // a transport that is done before this side said its end has lost something
  if (input === Input.complete) return ENDED | (local === Local.ended ? Effect.accepted : Effect.violation);
  const localAnswer = LOCAL_ROWS[input]?.[local];
  if (localAnswer !== undefined) return stateOf(localAnswer[0], remote) | localAnswer[1];
  const remoteAnswer = REMOTE_ROWS[input]?.[remote];
  if (remoteAnswer !== undefined) return stateOf(local, remoteAnswer[0]) | remoteAnswer[1];
  throw new RangeError(`no such input: ${input}`);
}

function isSending(input: number): boolean {
  return input === Input.sendHead || input === Input.sendMessage;
}

const TABLE: Uint8Array = new Uint8Array((ENDED + 1) * INPUTS);
for (let state = 0; state <= ENDED; state++) {
  for (let input = 0; input < INPUTS; input++) TABLE[state * INPUTS + input] = decide(state, input);
}
