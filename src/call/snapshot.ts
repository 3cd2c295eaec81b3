import type { CallSnapshot } from "../observe/call-snapshot.js";
import type { Call } from "./call.js";
import { NEVER } from "./lifetime.js";
import { localHalf, remoteHalf } from "./transition.js";

/** The words for `Local` and `Remote` of the state machine, by their numbers. */
const LOCAL_WORDS: readonly CallSnapshot["localHalf"][] = ["unsent", "open", "ended"];
const REMOTE_WORDS: readonly CallSnapshot["remoteHalf"][] = ["awaited", "open", "ended", "discarded"];

/** What a call is doing now, as plain values. Made from the call alone: the same for every protocol and transport. */
export function snapshotOf(call: Call, side: CallSnapshot["side"]): CallSnapshot {
  const { exchange, setup, deadline } = call;
  return {
    method: setup.method.path,
    kind: setup.method.kind,
    side,
    peer: exchange?.peer.address,
    ageMs: Math.max(0, Math.floor(setup.runtime.now()) - call.began),
    localHalf: LOCAL_WORDS[localHalf(call.state)] as CallSnapshot["localHalf"],
    remoteHalf: REMOTE_WORDS[remoteHalf(call.state)] as CallSnapshot["remoteHalf"],
    ended: call.ended,
    handlerRuns: call.handlerRuns,
    messagesSent: call.messagesSent,
    messagesReceived: call.messagesReceived,
    bytesSent: call.bytesSent,
    bytesReceived: call.bytesReceived,
    unreadMessages: call.unreadMessages,
    waitingSends: call.waitingSends,
    // below 0 after the peer has lowered its window for streams that had used it (RFC 9113 §6.9.2)
    sendCredit: exchange === undefined ? undefined : Math.max(0, exchange.sendWindow),
    waitingFor: call.waitingFor,
    deadlineInMs: deadline === NEVER ? undefined : call.timeRemainingMs(),
    openedAt: call.openedAt,
    timeline: call.timeline,
  };
}

/** All of them, the oldest first. */
export function snapshotsOf(calls: readonly Call[], side: CallSnapshot["side"]): CallSnapshot[] {
  return calls.map((call) => snapshotOf(call, side)).reverse();
}
