/**
 * The messages, each made into another, and each failure. Written by hand, not as a generator: whoever leaves reaches the iterator behind
 * it at once, also while that waits for a message.
 */
export function mapMessages<From, To>(
  messages: AsyncIterable<From>,
  map: (message: From) => To,
  failure: (reason: unknown) => unknown = (reason) => reason,
): AsyncIterable<To> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = messages[Symbol.asyncIterator]();
      return {
        async next() {
          let result: IteratorResult<From>;
          try {
            result = await iterator.next();
          } catch (reason) {
            throw failure(reason);
          }
          if (result.done === true) return { value: undefined, done: true };
          try {
            return { value: map(result.value), done: false };
          } catch (reason) {
            // who pulls takes an iterator that has failed for one that has ended
            void iterator.return?.();
            throw reason;
          }
        },
        async return() {
          await iterator.return?.();
          return { value: undefined, done: true };
        },
      };
    },
  };
}
