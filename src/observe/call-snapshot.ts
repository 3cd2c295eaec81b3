import type { Timeline } from "../base/timeline.js";

/** What a call waits for at this moment: the one thing without which it will not move on. */
export type WaitingFor =
  /** The client has no connection for it yet. */
  | "connection"
  /** The other side: its next message, its half-close, its status. */
  | "peer"
  /** Room to send: the other side has given no more credit, or the connection is behind. */
  | "credit"
  /** The server's handler, or an interceptor around it. */
  | "handler"
  /** Whoever reads: messages have arrived that nobody has taken. */
  | "consumer"
  /** The client's application: it neither sends, nor ends its requests, nor waits for a message. */
  | "application";

/** One open call at one moment, as plain values. */
export interface CallSnapshot {
  /** `/package.Service/Method`. */
  readonly method: string;
  readonly kind: "unary" | "client-stream" | "server-stream" | "bidi";
  readonly side: "client" | "server";
  /** The address of the other side; undefined while a client's call has no connection. */
  readonly peer: string | undefined;
  /** Ms since the call was made, or arrived. */
  readonly ageMs: number;
  /** What this side sends. `unsent`: the server's response headers have not gone. */
  readonly localHalf: "unsent" | "open" | "ended";
  /** What the other side sends. `awaited`: the response headers have not come; `discarded`: this side wants no more of it. */
  readonly remoteHalf: "awaited" | "open" | "ended" | "discarded";
  /** The call has its outcome, and what it holds is about to be released. */
  readonly ended: boolean;
  /** Whether the server's handler runs. A handler that still runs when its call has ended keeps the call in this list. */
  readonly handlerRuns: boolean;
  /** Messages accepted for sending: given to the connection, or kept until there is one. */
  readonly messagesSent: number;
  /** Whole messages that have arrived and were wanted. */
  readonly messagesReceived: number;
  /** What `messagesSent` take in the body: encoded, compressed, prefixes included. */
  readonly bytesSent: number;
  /** What `messagesReceived` took in the body. */
  readonly bytesReceived: number;
  /** Messages that have arrived and nobody has taken. */
  readonly unreadMessages: number;
  /** Sends that wait for room. */
  readonly waitingSends: number;
  /** Bytes that the other side lets this call send now; undefined without a connection. */
  readonly sendCredit: number | undefined;
  readonly waitingFor: WaitingFor;
  /** Ms until the deadline, never below 0; undefined without one. */
  readonly deadlineInMs: number | undefined;
  /** Where in the user's code a client's stream was opened, when that was noted. */
  readonly openedAt: string | undefined;
  /** What has happened to it so far. */
  readonly timeline: Timeline;
}
