import type { Initiator } from "../base/initiator.js";
import { durationOption, UsageError } from "../base/usage-error.js";
import type { ReceiveOptions } from "../call/receiver.js";
import type { CodeName } from "../rpc/code.js";
import { RpcError } from "../rpc/rpc-error.js";
import { pending, rejected } from "./pending.js";
import { watch } from "./watch.js";

/** The messages of a call that nobody has taken yet, still encoded, and the one `receive()` that may wait for the next. */
export interface Mailbox {
  deliver(message: Uint8Array): void;
  /** No more messages come: well, or with this error. `keep`: those that have come can still be taken. */
  end(error: RpcError | undefined, keep: boolean): void;
  receive(options?: ReceiveOptions): Promise<unknown>;
}

/** `take` makes a message of its bytes, or a promise that rejects. */
export function mailbox(take: (bytes: Uint8Array) => unknown): Mailbox {
  let messages: Uint8Array[] = [];
  let waiting: ((message: unknown) => void) | undefined;
  /** What who waits is told when there is no message and none will come. */
  let over: Promise<void> | undefined;

  const serve = (): void => {
    const resolve = waiting;
    if (!resolve || !(messages.length || over)) return;
    waiting = undefined;
    const bytes = messages.shift();
    resolve(bytes ? take(bytes) : over);
  };

  return {
    deliver(message) {
      messages.push(message);
      serve();
    },
    end(error, keep) {
      if (!keep) messages = [];
      over = error ? rejected(error) : Promise.resolve();
      serve();
    },
    receive({ signal, timeoutMs = Number.POSITIVE_INFINITY } = {}) {
      durationOption("timeoutMs", timeoutMs, 0);
      if (waiting) throw new UsageError("another receive() waits: await it first");
      const [message, resolve] = pending<unknown>();
      waiting = resolve;
      const giveUp = (code: CodeName, why: string, initiator: Initiator, cause?: unknown): void => {
        if (waiting === resolve) waiting = undefined;
        resolve(rejected(new RpcError(code, `${why}; the stream goes on and no message is lost`, { initiator, cause })));
      };
      if (!signal?.aborted) serve();
      const stop = watch(
        signal,
        timeoutMs,
        (reason) => giveUp("cancelled", "this receive was aborted", "application", reason),
        () => giveUp("deadline_exceeded", `no message came within ${timeoutMs} ms (timeoutMs)`, "engine"),
      );
      message.then(stop, stop);
      return message;
    },
  };
}
