import type { ClientCall } from "../call/client-call.js";
import { handled } from "../call/receiver.js";
import { textOf } from "../rpc/rpc-error.js";

/** What requests can be taken from. */
export type Requests<Request> = AsyncIterable<Request> | Iterable<Request>;

/**
 * Sends what an iterable gives, at the call's pace, then half-closes. When the iterable throws, the call is cancelled, never half-closed:
 * the server must not take a part for the whole. When the call ends first, the iterator is told to return and not waited for.
 */
export function pumpRequests(call: ClientCall, requests: Requests<unknown>): void {
  pump(call, requests).then(undefined, (error) => call.cancelSince(`the request iterable threw: ${textOf(error)}`, error));
}

async function pump(call: ClientCall, requests: Requests<unknown>): Promise<void> {
  const iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  // one that has ended, or failed, by itself is left alone
  let over = false;
  void call.outcome.then(() => {
    if (!over) leave(iterator);
  });
  while (!call.ended) {
    let result: IteratorResult<unknown>;
    try {
      result = await iterator.next();
    } catch (error) {
      over = true;
      throw error;
    }
    over = result.done === true;
    if (call.ended) return;
    if (over) {
      call.endRequests();
      return;
    }
    const waiting = call.send(result.value);
    if (waiting !== undefined) await waiting;
  }
}

function leave(iterator: AsyncIterator<unknown> | Iterator<unknown>): void {
  try {
    Promise.resolve(iterator.return?.()).then(undefined, handled);
  } catch {
    // the iterator's own failure, after nobody needs it any more
  }
}
