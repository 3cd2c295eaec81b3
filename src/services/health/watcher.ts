import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "../../server/handler-context.js";
import type { Responses } from "../../server/responses.js";
import type { HealthCheckResponseSchema } from "../gen/grpc/health/v1/health_pb.js";
import { type ServingStatus, statusToWire } from "./serving-status.js";

/** One Watch call: sends the status whenever it is another one. Of a client that does not read, only the latest waits. */
export class Watcher {
  /** Resolves when the server, or the connection, drains and all is said; rejects when the call is cut off. */
  readonly done: Promise<void>;
  readonly #status: () => ServingStatus;
  readonly #out: Responses<MessageInitShape<typeof HealthCheckResponseSchema>>;
  #sent: ServingStatus | undefined = undefined;
  #waiting = false;
  #draining = false;
  #end: () => void = () => {};

  constructor(status: () => ServingStatus, context: HandlerContext, out: Responses<MessageInitShape<typeof HealthCheckResponseSchema>>) {
    this.#status = status;
    this.#out = out;
    this.done = new Promise((resolve, reject) => {
      this.#end = resolve;
      heed(context.signal, () => reject(context.signal.reason));
      heed(context.draining, () => {
        this.#draining = true;
        this.update();
      });
    });
  }

  /** The status may have changed. What is sent leaves before whatever is sent after it. */
  update(): void {
    if (this.#waiting) return;
    const status = this.#status();
    if (status !== this.#sent) {
      if (!this.#out.trySend({ status: statusToWire(status) })) {
        this.#updateWhenWritable();
        return;
      }
      this.#sent = status;
    }
    if (this.#draining) this.#end();
  }

  #updateWhenWritable(): void {
    this.#waiting = true;
    this.#out.whenWritable().then(
      () => {
        this.#waiting = false;
        this.update();
      },
      // the call has ended, which `signal` says
      () => {},
    );
  }
}

/** Calls the listener when the signal aborts, or now. */
function heed(signal: HandlerContext["signal"], listener: () => void): void {
  if (signal.aborted) listener();
  else signal.addEventListener("abort", listener, { once: true });
}
