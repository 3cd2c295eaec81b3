/** What becomes of the messages of a stream on their way. */
export interface MessageMap<From, To> {
  message(message: From): To;
  /** What to reject with instead. Default: the same. */
  failure?(reason: unknown): unknown;
  /** The stream has come to its end by itself. */
  end?(): void;
}

/**
 * The messages, each made into another. Written by hand, not as a generator: whoever leaves reaches the iterator behind it at once, also
 * while that waits for a message.
 */
export function mapMessages<From, To>(messages: AsyncIterable<From>, map: MessageMap<From, To>): AsyncIterable<To> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = messages[Symbol.asyncIterator]();
      return {
        async next() {
          let result: IteratorResult<From>;
          try {
            result = await iterator.next();
          } catch (reason) {
            throw map.failure === undefined ? reason : map.failure(reason);
          }
          if (result.done === true) {
            map.end?.();
            return { value: undefined, done: true };
          }
          try {
            return { value: map.message(result.value), done: false };
          } catch (reason) {
            // who pulls takes an iterator that has failed for one that has ended
            await iterator.return?.();
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

/** Messages that are not there before somebody asks for the first. Left while they are awaited, they are left when they are there. */
export function lazily<Message>(open: () => Promise<AsyncIterable<Message>>): AsyncIterable<Message> {
  return {
    [Symbol.asyncIterator]() {
      let opening: Promise<AsyncIterator<Message>> | undefined;
      let left = false;
      return {
        async next() {
          if (left && opening === undefined) return { value: undefined, done: true };
          opening ??= open().then((messages) => messages[Symbol.asyncIterator]());
          return (await opening).next();
        },
        async return() {
          left = true;
          // why they cannot be had has been told to who asked for them
          await opening?.then(
            (iterator) => iterator.return?.(),
            () => {},
          );
          return { value: undefined, done: true };
        },
      };
    },
  };
}

/** A stream of one message. */
export async function* only<Message>(message: Message): AsyncGenerator<Message> {
  yield message;
}
