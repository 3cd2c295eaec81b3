import type { DescMessage } from "@bufbuild/protobuf";
import type { Encoded } from "../rpc/encoded.js";
import type { Call } from "./call.js";
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
  trySend(message: unknown): boolean;
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
