import assert from "node:assert/strict";
import { Field, type Fields } from "../../base/field.js";
import type {
  ClientConnection,
  ClientConnectionEvents,
  ConnectionEnd,
  ExchangeAcceptor,
  ServerConnection,
} from "../../exchange/connection.js";
import type { Exchange, ExchangeEvents } from "../../exchange/exchange.js";
import type { ServerConnectionEvents } from "../../transport/server-connection-events.js";
import { Recorder } from "./recorder.js";

/** What a transport gives the suite: a connected pair, on time that moves only when told where that is possible. */
export interface SuitePair {
  readonly client: ClientConnection;
  readonly server: ServerConnection;
  /** Lets everything happen that happens without a timeout. */
  run(): void | Promise<void>;
  /** Lets time go on far enough for every timeout of closing. */
  runLong(): void | Promise<void>;
  /** The network between is gone; for a transport without one, what comes nearest. */
  cut(): void;
  /** Timers and tasks that are left. */
  leftovers(): string[];
}

/** Makes a pair; the server has this many slots. */
export type SuiteFactory = (
  maxConcurrentExchanges: number,
  clientEvents: ClientConnectionEvents,
  acceptor: ExchangeAcceptor,
  serverEvents: ServerConnectionEvents,
) => SuitePair;

/** An exchange as both ends see it. */
export interface BothEnds {
  readonly client: Recorder;
  readonly server: Recorder;
}

const REQUEST: Fields = [
  new Field(":method", "POST"),
  new Field(":scheme", "http"),
  new Field(":authority", "memory"),
  new Field(":path", "/test.Suite/Call"),
  new Field("te", "trailers"),
  new Field("content-type", "application/grpc"),
];
const RESPONSE: Fields = [new Field(":status", "200"), new Field("content-type", "application/grpc")];
const TRAILERS: Fields = [new Field("grpc-status", "0")];

export const HEADS: { readonly request: Fields; readonly response: Fields; readonly trailers: Fields } = {
  request: REQUEST,
  response: RESPONSE,
  trailers: TRAILERS,
};

export const NOTHING: Fields = [];
export const EMPTY: Uint8Array = new Uint8Array(0);

/** A pair under test, with everything that it told. */
export class Harness implements ClientConnectionEvents, ExchangeAcceptor {
  readonly pair: SuitePair;
  readonly accepted: Recorder[] = [];
  readonly opened: Recorder[] = [];
  ready = 0;
  capacityRises = 0;
  draining = 0;
  readonly clientEnds: ConnectionEnd[] = [];
  readonly serverEnds: ConnectionEnd[] = [];
  /** What the server does with a new exchange, inside `onExchange`. */
  onAccept: (recorder: Recorder, head: Fields, end: boolean) => void = () => {};

  /** Waits for capacity. */
  #next: (() => void) | undefined = undefined;

  private constructor(factory: SuiteFactory, maxConcurrentExchanges: number) {
    this.pair = factory(maxConcurrentExchanges, this, this, { onClosed: (end) => this.#onServerClosed(end) });
  }

  static async make(factory: SuiteFactory, maxConcurrentExchanges: number): Promise<Harness> {
    const harness = new Harness(factory, maxConcurrentExchanges);
    await harness.run();
    assert.equal(harness.ready, 1, "onReady once");
    return harness;
  }

  onReady(): void {
    this.ready++;
  }

  onCapacity(): void {
    this.capacityRises++;
    const next = this.#next;
    this.#next = undefined;
    next?.();
  }

  /** Runs the task once an exchange can be opened, at once if that is now. */
  whenCapacity(task: () => void): void {
    if (this.pair.client.capacity > 0) task();
    else this.#next = task;
  }

  onDraining(): void {
    this.draining++;
  }

  onClosed(end: ConnectionEnd): void {
    for (const recorder of this.opened) assert.ok(recorder.end, "the client's connection closed before its exchanges ended");
    this.clientEnds.push(end);
  }

  onExchange(exchange: Exchange, head: Fields, end: boolean): ExchangeEvents {
    const recorder = new Recorder();
    recorder.exchange = exchange;
    recorder.head = head.slice();
    this.accepted.push(recorder);
    this.onAccept(recorder, head, end);
    return recorder;
  }

  /** Opens an exchange on the client; nothing is sent yet. */
  open(): Recorder {
    const recorder = new Recorder();
    recorder.exchange = this.pair.client.open(recorder);
    this.opened.push(recorder);
    return recorder;
  }

  /** Opens an exchange and sends its head, without an end. */
  start(end = false): Recorder {
    const recorder = this.open();
    recorder.exchange?.sendHead(REQUEST, NOTHING, end);
    return recorder;
  }

  /** Opens an exchange and lets it arrive. */
  async connect(end = false): Promise<BothEnds> {
    const client = this.start(end);
    await this.run();
    const server = this.accepted[this.accepted.length - 1];
    assert.ok(server, "the server has accepted it");
    return { client, server };
  }

  async run(): Promise<void> {
    await this.pair.run();
  }

  async runLong(): Promise<void> {
    await this.pair.runLong();
  }

  /** Ends the test: everything closes, and nothing is left. */
  async finish(): Promise<void> {
    for (const recorder of this.accepted) recorder.exchange?.settled();
    this.pair.client.destroy("the test is over");
    await this.runLong();
    assert.equal(this.clientEnds.length, 1, "the client's onClosed once");
    assert.equal(this.serverEnds.length, 1, "the server's onClosed once");
    for (const recorder of [...this.opened, ...this.accepted]) {
      assert.equal(recorder.count("end"), 1, `onEnd once: ${recorder.log.join(", ")}`);
      assert.deepEqual(recorder.violations(), [], recorder.log.join(", "));
    }
    assert.equal(this.pair.client.openExchanges, 0);
    assert.equal(this.pair.server.openExchanges, 0);
    assert.equal(this.pair.client.capacity, 0);
    assert.deepEqual(this.pair.leftovers(), []);
  }

  #onServerClosed(end: ConnectionEnd): void {
    for (const recorder of this.accepted) assert.ok(recorder.end, "the server's connection closed before its exchanges ended");
    this.serverEnds.push(end);
  }
}
