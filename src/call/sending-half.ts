import type { DescMessage } from "@bufbuild/protobuf";
import type { Encoded } from "../rpc/encoded.js";
import type { Call } from "./call.js";
import { rejected } from "./receiver.js";
import type { Sender } from "./sender.js";

/** A stream of messages of one type, as it is sent: a client's call that sends a stream, or a handler's `out`. */
export interface MessageStream<Desc extends DescMessage = DescMessage> {
  trySend(message: Encoded<Desc>): boolean;
  whenWritable(): Promise<void>;
}

/** The half of a call that sends a stream of messages. */
export interface SendingHalf extends Call {
  readonly sender: Sender | undefined;
  /** No message is taken any more: the half, or the call, has ended. */
  readonly sendingOver: boolean;
  /** Sends a message. Undefined: accepted at once. */
  send(message: unknown): Promise<void> | undefined;
  /** Why no message is taken any more. */
  afterEnd(): Error;
}

/** Sends a message if it is accepted at once; else, and after the end, does nothing and returns false. */
export function trySend(half: SendingHalf, message: unknown): boolean {
  const sender = half.sender as Sender;
  return sender.ready && !half.sendingOver && half.send(message) === undefined;
}

/** Resolves when {@link trySend} would send. Rejects with the call's error once it never will again. */
export function whenWritable(half: SendingHalf): Promise<void> {
  return half.sendingOver ? rejected(half.afterEnd()) : (half.sender as Sender).whenReady();
}

/** What the user holds of a call that can send. The call does not hold its handle but while the user waits for something. */
export abstract class SendingHandle<Half extends SendingHalf> {
  protected readonly call: Half;

  constructor(call: Half) {
    this.call = call;
  }

  /** The call behind a handle that sends a stream; undefined for anything else. */
  static halfOf(stream: unknown): SendingHalf | undefined {
    const sends = stream instanceof SendingHandle && "trySend" in stream;
    return sends ? stream.call : undefined;
  }

  /** Something was begun with the handle that is pending. */
  static keep(stream: unknown, pending: Promise<unknown>): void {
    if (stream instanceof SendingHandle) stream.kept(pending);
  }

  /** The user waits for this: a handle whose collection ends the call must not be collected before it settles. */
  protected kept<Pending extends Promise<unknown> | undefined>(pending: Pending): Pending {
    return pending;
  }
}
