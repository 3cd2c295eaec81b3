import type { ReceiveOptions } from "./receiver.js";

/** The iterator of received messages: each wait for one can be given up by itself, as that of `receive()`. */
export interface MessageIterator<Message> extends AsyncIterator<Message, undefined, ReceiveOptions | undefined> {
  /** The next message. Rejects as `receive()` does. One at a time. */
  next(options?: ReceiveOptions): Promise<IteratorResult<Message, undefined>>;
  /** What leaving a `for await` does. */
  return(): Promise<IteratorResult<Message, undefined>>;
}
