/**
 * What a timeline tells of, as the small integers that it is kept in. `Value`s are numbers that belong to the event before them; both are
 * at most 31 and above 0.
 */
export const CallEvent = {
  // ---- the way of a client's call to the server
  waitsForConnection: 6,
  /** The head has gone on a connection. */
  requestSent: 7,
  /** The server has not processed the attempt: another follows. */
  notProcessed: 8,
  // ---- what goes over it
  headReceived: 9,
  headSent: 10,
  firstSent: 11,
  firstReceived: 12,
  halfClosed: 13,
  peerHalfClosed: 14,
  sendWaits: 15,
  draining: 16,
  closing: 17,
  /** The handler wants no more requests. */
  requestsDropped: 18,
  handlerStarted: 19,
  /** After the call had been cut off. */
  handlerSettled: 20,
  /** The handler's status is on the way. */
  statusSent: 21,
  // ---- how it ended
  /** The server's status, as the client hears it. */
  status: 22,
  /** Everything has been sent and received, as a server sees it. */
  complete: 23,
  cancelled: 24,
  deadline: 25,
  idle: 26,
  failed: 27,
  peerReset: 28,
  /** Reset by this side's transport. */
  reset: 29,
  lost: 30,
} as const;

export const Value = {
  /** An `ErrorCode` of the transport. */
  errorCode: 1,
  /** A status code. */
  status: 2,
  unread: 3,
  unsent: 4,
  attempt: 5,
} as const;

/** Entries below this are values. */
export const FIRST_EVENT: number = CallEvent.waitsForConnection;

/** The phrase for each event, by its number. */
export const EVENT_WORDS: Readonly<Record<number, string>> = {
  [CallEvent.waitsForConnection]: "waits for a connection",
  [CallEvent.requestSent]: "request sent",
  [CallEvent.notProcessed]: "not processed",
  [CallEvent.headReceived]: "response headers",
  [CallEvent.headSent]: "response headers sent",
  [CallEvent.firstSent]: "first message sent",
  [CallEvent.firstReceived]: "first message received",
  [CallEvent.halfClosed]: "half-closed",
  [CallEvent.peerHalfClosed]: "peer half-closed",
  [CallEvent.sendWaits]: "send waits for room",
  [CallEvent.draining]: "connection draining",
  [CallEvent.closing]: "close()",
  [CallEvent.requestsDropped]: "requests dropped",
  [CallEvent.handlerStarted]: "handler started",
  [CallEvent.handlerSettled]: "handler settled",
  [CallEvent.statusSent]: "status sent",
  [CallEvent.status]: "status",
  [CallEvent.complete]: "complete",
  [CallEvent.cancelled]: "cancelled",
  [CallEvent.deadline]: "deadline passed",
  [CallEvent.idle]: "nothing moved",
  [CallEvent.failed]: "failed",
  [CallEvent.peerReset]: "peer reset",
  [CallEvent.reset]: "reset",
  [CallEvent.lost]: "connection lost",
};
