import { CodeNumber } from "../rpc/code.js";
import { type Status, statusOf } from "../rpc/status.js";
import type { ClientCallOptions, ClientCallSetup } from "./attempted-call.js";
import { ClientCall } from "./client-call.js";
import type { CallLimits } from "./limits.js";
import { handled } from "./receiver.js";

/** A call that is answered with one message: unary and client-streaming. */
export class SingleResponseCall extends ClientCall {
  /** The response; rejects with the call's error. */
  readonly response: Promise<unknown>;
  private message: unknown = undefined;
  private resolve!: (message: unknown) => void;
  private reject!: (error: unknown) => void;

  constructor(setup: ClientCallSetup, limits: CallLimits, options: ClientCallOptions) {
    super(setup, limits, options);
    this.response = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  protected override deliver(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean, credit: number): void {
    this.consume(credit);
    if (this.messagesReceived === 1) this.keepResponse(bytes, start, end, compressed, owned);
    else this.fault(statusOf(CodeNumber.unimplemented, "peer sent more than one response to a method that answers with one"));
  }

  private keepResponse(bytes: Uint8Array, start: number, end: number, compressed: boolean, owned: boolean): void {
    try {
      this.message = this.decode(bytes, start, end, compressed, owned);
    } catch (error) {
      this.faultFrom(error);
    }
  }

  override get unreadMessages(): number {
    return 0;
  }

  protected override wantsMore(): boolean {
    return true;
  }

  protected override checkMessages(status: Status): Status {
    if (this.messagesReceived === 1) return status;
    return statusOf(CodeNumber.unimplemented, "peer ended the call without a response", status.trailers);
  }

  protected override onEnded(input: number): void {
    super.onEnded(input);
    const error = this.error();
    if (error === undefined) this.resolve(this.message);
    else {
      this.response.then(undefined, handled);
      this.reject(error);
    }
    this.message = undefined;
  }
}
