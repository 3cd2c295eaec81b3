import type { SendOptions } from "../call/sender.js";
import { SendingHandle, trySend, whenWritable } from "../call/sending-half.js";
import type { ServerCall } from "../call/server-call.js";

/** The responses of a streaming call, as a handler pushes them. */
export interface Responses<Message> {
  /**
   * Sends a message. Returns undefined when it was accepted at once, else a promise that resolves when it is. Rejects with the call's
   * error once the call has ended, so that a loop of awaited sends ends when the client leaves. The message may be reused afterwards.
   */
  send(message: Message, options?: SendOptions): Promise<void> | undefined;
  /**
   * Sends the message if it is accepted at once. False: nothing was sent and nothing waits; `whenWritable()` says when to try again. After
   * the end always false.
   */
  trySend(message: Message): boolean;
  /** Resolves when `trySend` would send; at once when it would now. Rejects with the call's error once it never will again. */
  whenWritable(): Promise<void>;
}

/** {@link Responses} over a call. */
export class CallResponses extends SendingHandle<ServerCall> implements Responses<unknown> {
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    return this.call.send(message, options);
  }

  trySend(message: unknown): boolean {
    return trySend(this.call, message);
  }

  whenWritable(): Promise<void> {
    return whenWritable(this.call);
  }
}
