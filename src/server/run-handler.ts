import { UsageError } from "../base/usage-error.js";
import { handled } from "../call/receiver.js";
import type { ServerCall } from "../call/server-call.js";
import { CodeNumber } from "../rpc/code.js";
import { errorStatus } from "../rpc/error-status.js";
import { RpcError } from "../rpc/rpc-error.js";
import { STATUS_OK, type Status, statusOf } from "../rpc/status.js";
import type { HandlerContext } from "./handler-context.js";
import { CallRequests } from "./requests.js";
import { CallResponses, type Responses } from "./responses.js";

/** A handler of any kind, as it is called: the types were checked where it was registered. */
export type AnyHandler = (request: unknown, context: HandlerContext, out: Responses<unknown> | undefined) => unknown;

/** What is told of a handler that failed. */
export type OnHandlerError = (call: ServerCall, error: unknown) => void;

/**
 * Runs the handler of a call whose request is there, and ends the call as the handler ends. `call.handlerSettled()` follows when the
 * handler has come to rest, which may be after the call was cut off.
 */
export function runHandler(
  call: ServerCall,
  handler: AnyHandler,
  context: HandlerContext,
  earlyHeaders: boolean,
  onError: OnHandlerError,
): void {
  const { clientStreams, serverStreams } = call.setup.method;
  let result: unknown;
  let responses: AsyncIterator<unknown> | undefined;
  try {
    const request = clientStreams ? new CallRequests(call) : call.takeRequest();
    result = handler(request, context, serverStreams ? new CallResponses(call) : undefined);
    if (serverStreams && isAsyncIterable(result)) responses = result[Symbol.asyncIterator]();
  } catch (error) {
    fail(call, error, onError);
    return;
  }
  if (!serverStreams) {
    if (isPromise(result))
      result.then(
        (message) => answer(call, message, onError),
        (error) => fail(call, error, onError),
      );
    else answer(call, result, onError);
    return;
  }
  if (responses !== undefined) new ResponsePump(call, responses, onError).start();
  else if (isPromise(result))
    result.then(
      (value) => pushed(call, value, onError),
      (error) => fail(call, error, onError),
    );
  else pushed(call, result, onError);
  if (earlyHeaders && call.handlerRuns && !call.headSent) call.setup.runtime.soon(() => call.sendHead());
}

function answer(call: ServerCall, message: unknown, onError: OnHandlerError): void {
  try {
    if (message === undefined) throw new UsageError(`${handlerOf(call)} returned nothing; it must return a message, {} for an empty one`);
    // before the response, which may end the call: a handler that runs on after that is looked after
    call.handlerSettled();
    call.respond(message);
  } catch (error) {
    fail(call, error, onError);
  }
}

/** A handler that pushes has come to rest. What it returned would be lost. */
function pushed(call: ServerCall, value: unknown, onError: OnHandlerError): void {
  if (value === undefined) {
    complete(call);
    return;
  }
  const returned = Object.prototype.toString.call(value);
  const because = `${handlerOf(call)} returned ${returned}; it must be an async generator, or push with out.send() and return nothing`;
  fail(call, new UsageError(because), onError);
}

function handlerOf(call: ServerCall): string {
  return `the handler of ${call.setup.method.path}`;
}

function complete(call: ServerCall): void {
  call.handlerSettled();
  call.finish(STATUS_OK);
}

function fail(call: ServerCall, error: unknown, onError: OnHandlerError): void {
  call.handlerSettled();
  // a handler that was cut off usually throws the reason: it has been told already
  if (!call.wasCutOff) {
    if (!(error instanceof RpcError)) onError(call, error);
    call.finish(handlerStatus(error));
  } else if (!(error instanceof RpcError) && !isAbort(error)) {
    onError(call, error);
  }
}

/** The status of a handler that threw: what is no `RpcError` may hold what the client must not see. */
function handlerStatus(error: unknown): Status {
  return error instanceof RpcError ? errorStatus(error) : statusOf(CodeNumber.internal, "the handler failed");
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** Takes what a handler's generator yields, one at a time, as fast as the client takes it. Returns the generator when the call is cut off. */
class ResponsePump {
  private readonly call: ServerCall;
  private readonly responses: AsyncIterator<unknown>;
  private readonly onError: OnHandlerError;
  private readonly step: (result: IteratorResult<unknown>) => void;
  private readonly next: () => void;
  private readonly failed: (error: unknown) => void;

  constructor(call: ServerCall, responses: AsyncIterator<unknown>, onError: OnHandlerError) {
    this.call = call;
    this.responses = responses;
    this.onError = onError;
    this.step = (result) => this.onResult(result);
    this.next = () => this.pull();
    this.failed = (error) => fail(this.call, error, this.onError);
  }

  start(): void {
    this.call.whenEnded(() => {
      if (this.call.handlerRuns && this.call.wasCutOff) this.leave();
    });
    this.pull();
  }

  private pull(): void {
    // accepted and cut off in one turn: `leave` has asked the generator to return
    if (this.call.ended) return;
    try {
      Promise.resolve(this.responses.next()).then(this.step, this.failed);
    } catch (error) {
      // an iterator written by hand
      this.failed(error);
    }
  }

  private onResult(result: IteratorResult<unknown>): void {
    const { call } = this;
    // cut off: `leave` has asked the generator to return and settles the handler
    if (call.ended) return;
    if (result.done) {
      complete(call);
      return;
    }
    let waiting: Promise<void> | undefined;
    try {
      waiting = call.send(result.value);
    } catch (error) {
      // sends of the handler's own wait, more than may
      this.onError(call, error);
      call.fault(handlerStatus(error), error, "application");
      return;
    }
    if (waiting === undefined) this.pull();
    // a send that fails has ended the call: `leave` has been told
    else waiting.then(this.next, handled);
  }

  /** Runs the generator's `finally` blocks: at once when it waits in a `yield`, else when it reaches the next one. */
  private leave(): void {
    try {
      Promise.resolve(this.responses.return?.()).then(() => this.call.handlerSettled(), this.failed);
    } catch (error) {
      // an iterator written by hand
      this.failed(error);
    }
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
