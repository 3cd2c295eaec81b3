import { ErrorCode } from "../base/error-code.js";
import type { Fields } from "../base/field.js";
import { PLAIN_HEAD, type ResponseHead } from "../exchange/client-protocol.js";
import type { ExchangeEnd } from "../exchange/exchange.js";
import type { WaitingFor } from "../observe/call-snapshot.js";
import { closedBody } from "../rpc/closed-body.js";
import { CodeNumber } from "../rpc/code.js";
import type { Compression } from "../rpc/compression.js";
import { Metadata } from "../rpc/metadata.js";
import { RpcError } from "../rpc/rpc-error.js";
import { type Status, statusOf } from "../rpc/status.js";
import { AttemptedCall, type ClientCallOptions, type ClientCallSetup } from "./attempted-call.js";
import { CallEvent } from "./call-event.js";
import { framingOf, wireBytes } from "./framing.js";
import { type CallLimits, MAX_WAITING_SENDS } from "./limits.js";
import { checkOperation, OperationLimit } from "./operation-limit.js";
import { handled, rejected } from "./receiver.js";
import { ResponseHeaders } from "./response-headers.js";
import { NOT_SENT, type Outlet, Sender, type SendOptions, tooManySends } from "./sender.js";
import type { SendingHalf } from "./sending-half.js";
import { Effect, ENDED, Input, Local, localHalf } from "./transition.js";

/** One call, seen from the client: its requests and its response. It begins when it is made, and ends with the server's status. */
export abstract class ClientCall extends AttemptedCall implements Outlet, SendingHalf {
  /** For methods that stream requests. */
  readonly sender: Sender | undefined;
  /** What the application has asked for while interceptors hold the requests back, in order. */
  private held: (() => void)[] | undefined = undefined;
  private head: ResponseHead | undefined = undefined;
  /** The server's last word, which stood in the body: it counts when the body ends with it. */
  private closing: Status | undefined = undefined;
  private headersView: ResponseHeaders | undefined = undefined;

  constructor(setup: ClientCallSetup, limits: CallLimits, options: ClientCallOptions) {
    super(setup, limits, options);
    this.sendCompression = setup.compression;
    this.sender = setup.method.clientStreams ? new Sender(this) : undefined;
  }

  /** Holds the requests back until `begin`: interceptors are not through yet, and must see every message. */
  hold(): void {
    if (this.ended) return;
    this.held = [];
    this.sender?.hold();
  }

  /** Looks for a connection. */
  begin(): void {
    const held = this.takeHeld();
    if (held !== undefined) (this.sender as Sender).release(() => runAll(held));
    if (!this.ended) this.dispatch();
  }

  private takeHeld(): (() => void)[] | undefined {
    const held = this.held;
    this.held = undefined;
    return held;
  }

  protected override onEnded(_input: number): void {
    this.collection?.stop();
    const held = this.takeHeld();
    if (held !== undefined) runAll(held);
    this.sender?.fail(() => this.afterEnd());
    if (this.head === undefined) this.headersView?.ended(this.error());
  }

  // ---- sending

  /** Sends a message of a request stream. Undefined: accepted at once. Rejects with the call's error after its end. */
  send(message: unknown, options?: SendOptions): Promise<void> | undefined {
    if (this.held !== undefined) return this.sendLater(this.held, message, options);
    if (this.move(Input.sendMessage) === Effect.misuse) return rejected(this.afterEnd());
    const compression = this.compressionFor(options?.compress);
    let mapped: unknown;
    let bytes: Uint8Array;
    try {
      mapped = this.mapped(message);
      bytes = this.encode(mapped, compression);
    } catch (error) {
      this.faultFrom(error);
      return rejected(this.error());
    }
    return (this.sender as Sender).send(bytes, framingOf(mapped, compression), options);
  }

  /** No more requests are taken: after the end, and after the half-close. */
  get sendingOver(): boolean {
    return localHalf(this.state) === Local.ended;
  }

  private sendLater(held: (() => void)[], message: unknown, options: SendOptions | undefined): Promise<void> {
    if (held.length >= MAX_WAITING_SENDS) throw tooManySends();
    if (options !== undefined) checkOperation(options);
    const refused = OperationLimit.refusal(options, NOT_SENT);
    if (refused !== undefined) return rejected(refused);
    const { runtime } = this.setup;
    const sent = new Promise<void>((resolve, reject) => {
      const limit = OperationLimit.begin(runtime, options, NOT_SENT, (error) => {
        held.splice(held.indexOf(operation), 1);
        reject(error);
      });
      const operation = () => {
        limit?.stop();
        resolve(this.send(message, limit?.rest() ?? options));
      };
      held.push(operation);
    });
    sent.then(undefined, handled);
    return sent;
  }

  /** Sends the one message of a request that is no stream. */
  sendOnly(message: unknown): void {
    const compression = this.compressionFor(undefined);
    let mapped: unknown;
    let bytes: Uint8Array;
    try {
      mapped = this.mapped(message);
      bytes = this.encode(mapped, compression);
    } catch (error) {
      this.faultFrom(error);
      return;
    }
    this.move(Input.endLocal);
    const head = this.setup.bodiless?.(bytes, compression !== undefined);
    if (head !== undefined) {
      this.countSent(bytes.length);
      this.outbox.addHead(head);
      return;
    }
    const framing = framingOf(mapped, compression);
    this.countSent(wireBytes(this.setup.body, bytes, framing));
    this.outbox.add(bytes, framing, true);
  }

  /** Half-closes: the requests are complete once what waits has been accepted. */
  endRequests(): void {
    if (this.held !== undefined) {
      this.held.push(() => this.endRequests());
      return;
    }
    if (this.move(Input.endLocal) !== Effect.accepted) return;
    this.record(CallEvent.halfClosed);
    this.sender?.finish(
      () => this.outbox.end(),
      () => this.afterEnd(),
    );
  }

  transmit(bytes: Uint8Array, framing: number): boolean {
    this.countSent(wireBytes(this.setup.body, bytes, framing));
    if (this.messagesSent === 1) this.record(CallEvent.firstSent);
    return this.outbox.add(bytes, framing, false);
  }

  onSendsWait(waits: boolean): void {
    this.recordSendWaits(waits);
  }

  onWritable(): void {
    this.sender?.onWritable();
  }

  private compressionFor(asked: boolean | undefined): Compression | undefined {
    return asked === false ? undefined : this.sendCompression;
  }

  afterEnd(): Error {
    if (this.state !== ENDED) return new RpcError("failed_precondition", SENT_ALL);
    const error = this.error();
    if (error !== undefined) return error;
    const because = "send() after the server has ended the call well: it takes no more messages; open another call to send more";
    return new RpcError("failed_precondition", because, { cause: this.outcomeNow });
  }

  // ---- receiving

  /** The response headers: settles when they come; rejects with the call's error when it ends badly before. */
  get headers(): Promise<Metadata> {
    if (this.headersView === undefined) {
      this.headersView = new ResponseHeaders();
      if (this.head !== undefined) this.headersView.arrived(this.head.metadata);
      else if (this.ended) this.headersView.ended(this.error());
    }
    return this.headersView.promise;
  }

  onHead(fields: Fields, end: boolean): void {
    if (this.ended) return;
    this.outbox.commit();
    if (this.move(Input.head) === Effect.violation) {
      this.onMalformed("it sent headers twice");
      return;
    }
    this.record(CallEvent.headReceived);
    const head = this.setup.protocol.readHead(fields, end);
    if (head.status !== undefined) {
      this.endByPeer(head.status);
      // a body that belongs to no call
      if (!end) this.exchange?.reset(ErrorCode.CANCEL);
      return;
    }
    if (head.compression !== "identity") {
      this.receiveCompression = this.setup.compressions.get(head.compression);
      if (this.receiveCompression === undefined && head.errorBody === undefined) {
        this.onMalformed(`it compresses with "${head.compression}", which was not offered`);
        return;
      }
    }
    this.head = head;
    this.headersView?.arrived(head.metadata);
    if (head.errorBody !== undefined) {
      this.incoming = head.errorBody;
      this.limitClosing();
    }
    const { onHeaders } = this.options;
    if (onHeaders !== undefined) {
      // called once; what it refers to may be the handle
      this.options = { ...this.options, onHeaders: undefined };
      this.callBack("onHeaders", onHeaders, head.metadata);
    }
    if (end) this.endBody();
  }

  onTrailers(fields: Fields): void {
    const status = this.closing ?? this.setup.protocol.readTrailers(fields);
    if (status === undefined) {
      this.endBody();
      return;
    }
    if (status.code === CodeNumber.ok) this.finishBody();
    this.endByPeer(status);
  }

  onClosing(bytes: Uint8Array, start: number, end: number, compressed: boolean, wireBytes: number): void {
    this.consume(this.takeCredit(wireBytes));
    const { head } = this;
    if (head === undefined) this.onMalformed("the end of the stream came before the headers");
    else this.readClosing(bytes.subarray(start, end), compressed, head);
  }

  private readClosing(said: Uint8Array, compressed: boolean, head: ResponseHead): void {
    this.incoming = closedBody;
    try {
      const flagged = compressed || (head.errorBody !== undefined && this.receiveCompression !== undefined);
      this.closing = this.setup.protocol.readClosing(flagged && said.length > 0 ? this.decompress(said) : said, head);
    } catch (error) {
      this.faultFrom(error);
      return;
    }
    this.limitClosing();
  }

  /** What has to follow is the end of the body, which a peer could put off for ever. */
  private limitClosing(): void {
    this.limitClose(this.setup.runtime.now() + CLOSING_MS);
  }

  protected override onCloseTimeout(): void {
    // what has come of the body may be the last word; that ends the call when its exchange does
    if (this.closing === undefined) this.finishBody();
    this.exchange?.reset(ErrorCode.CANCEL);
  }

  protected override onBodyEnd(): void {
    this.endByPeer(this.closing ?? this.bodyEnd());
  }

  private bodyEnd(): Status {
    return this.setup.protocol.readBodyEnd(this.head ?? PLAIN_HEAD, this.messagesReceived === 0);
  }

  override onEnd(end: ExchangeEnd): void {
    // the last word was said: what became of the transport after it does not matter
    if (this.closing !== undefined) this.endByPeer(this.closing);
    super.onEnd(end);
  }

  /** The status of a good end, or of a bad one when the messages do not fit the method. */
  protected abstract checkMessages(status: Status): Status;

  private endByPeer(status: Status): void {
    if (this.ended) return;
    const { onTrailers } = this.options;
    if (onTrailers !== undefined) this.callBack("onTrailers", onTrailers, status.trailers);
    this.end(Input.status, status.code === CodeNumber.ok ? this.checkMessages(status) : status, "peer");
    // the server wants no more requests: nothing that is still to be sent has a reader
    if (!this.outbox.sentAll) this.exchange?.reset(ErrorCode.CANCEL);
  }

  private callBack(name: string, callback: (metadata: Metadata) => void, fields: Fields): void {
    try {
      callback(Metadata.fromFields(fields));
    } catch (error) {
      this.endHere(Input.cancel, statusOf(CodeNumber.cancelled, `the caller's ${name} threw`), "application", error);
    }
  }

  onDraining(): void {
    this.record(CallEvent.draining);
  }

  // ---- what a snapshot tells

  override get waitingSends(): number {
    return (this.sender?.waitingSends ?? 0) + (this.held?.length ?? 0);
  }

  override get waitingFor(): WaitingFor {
    const { clientStreams } = this.setup.method;
    const requestsEnded = localHalf(this.state) === Local.ended;
    if (this.exchange === undefined && !this.ended) {
      // interceptors hold it back: a stream's requests, or the one request that has not been sent yet
      return this.held !== undefined || (!clientStreams && !requestsEnded) ? "application" : "connection";
    }
    if (this.waitsForRoom(this.sender)) return "credit";
    if (this.unreadMessages > 0) return "consumer";
    return requestsEnded || this.receives ? "peer" : "application";
  }

  /** Whether the application waits for a message. */
  protected get receives(): boolean {
    return false;
  }
}

function runAll(held: (() => void)[]): void {
  // one operation may make a later one give up, which takes it out
  for (let operation = held.shift(); operation !== undefined; operation = held.shift()) operation();
}

/** How long the body may go on after the server's last word, and how long the body of an error may take. */
const CLOSING_MS = 5_000;

const SENT_ALL =
  "send() after closeSend(), finish() or close(): the requests were said to be complete; send before that, or open another call";
