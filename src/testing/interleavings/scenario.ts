import type { CallOptions } from "../../client/call-options.js";
import type { Outcome } from "../../rpc/outcome.js";
import type { RpcError } from "../../rpc/rpc-error.js";
import type { Router } from "../../server/router.js";
import type { InMemory } from "../in-memory.js";

/** What is explored: one call, the handler that serves it, and the code that uses it. Made anew for every run, so that no state is left over. */
export interface Scenario<Call = unknown> {
  /** Registers the handlers: `(r) => r.service(Chat, chat)`. */
  readonly routes: (router: Router) => unknown;
  /** Makes the call. The options must be passed on: they hold its deadline and, for a unary call, the signal that cancels it. */
  readonly start: (world: InMemory, options: CallOptions) => Call;
  /** The input `message`: sends the n-th message, from 0. Default: there is no such input. */
  readonly message?: (call: Call, n: number) => unknown;
  /** The input `half-close`. Default: `closeSend()` or `finish()`, where the call has one. */
  readonly halfClose?: (call: Call) => unknown;
  /** The client's code, from right after `start`: it must come to an end when the call has. Default: reads every response. */
  readonly client?: (call: Call, world: InMemory) => unknown;
  /** Inputs of your own, by name: an event that is published, a message that is asked for; a number lets so many ms pass. They may come again and again. */
  readonly inputs?: Readonly<Record<string, number | ((call: Call, world: InMemory) => unknown)>>;
  /** Your own assertions, at the end of every run. What it throws is the failure. */
  readonly check?: (end: InterleavingEnd) => unknown;
}

/** How one run came out. */
export interface InterleavingEnd {
  /** The inputs as they came: `message cancel@sync`. */
  readonly order: string;
  /** The call's one outcome; undefined for a unary call. */
  readonly outcome: Outcome | undefined;
  /** What a unary call gave. */
  readonly response: unknown;
  /** What `client` rejected with, when it was the call's error. */
  readonly error: RpcError | undefined;
  readonly world: InMemory;
}
