import type { ClientCall } from "../call/client-call.js";
import { handled } from "../call/receiver.js";

/** What requests can be taken from. */
export type Requests<Request> = AsyncIterable<Request> | Iterable<Request>;

/**
 * Sends what an iterable gives, at the call's pace, then half-closes. When the iterable throws, the call is cancelled, never half-closed:
 * the server must not take a part for the whole. When the call ends first, the iterator is told to return and not waited for.
 */
export function pumpRequests(call: ClientCall, requests: Requests<unknown>): void {
  const iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
  void call.outcome.then(() => leave(iterator));
  pump(call, iterator).then(undefined, (error) => call.cancel(error));
}

async function pump(call: ClientCall, iterator: AsyncIterator<unknown> | Iterator<unknown>): Promise<void> {
  while (!call.ended) {
    const result = await iterator.next();
    if (call.ended) return;
    if (result.done) {
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
