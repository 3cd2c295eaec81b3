import assert from "node:assert/strict";
import { Field, type Fields, NO_FIELDS } from "../../base/field.js";
import { Http2Connection } from "../../http2/connection.js";
import type { Http2ConnectionEnd, Http2ConnectionEvents } from "../../http2/events.js";
import { WindowBudget } from "../../http2/flow/window-budget.js";
import { type Http2LimitOptions, resolveLimits } from "../../http2/limits.js";
import { OutputPool } from "../../http2/output/output-pool.js";
import type { Http2Stream } from "../../http2/stream/stream.js";
import type { StreamEnd, StreamEvents } from "../../http2/stream/stream-events.js";

export const REQUEST: Fields = [
  new Field(":method", "POST"),
  new Field(":scheme", "http"),
  new Field(":path", "/x"),
  new Field(":authority", "test"),
];
export const RESPONSE: Fields = [new Field(":status", "200")];
export const TRAILERS: Fields = [new Field("grpc-status", "0")];
export const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Random numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A user of one stream: notes what happens, credits what it reads unless told not to. */
export class User implements StreamEvents {
  stream!: Http2Stream;
  readonly events: string[] = [];
  received = 0;
  text = "";
  head: Fields | undefined;
  trailers: Fields | undefined;
  fin = false;
  writable = 0;
  draining = 0;
  end: StreamEnd | undefined;
  reads = true;
  keepText = true;
  settles = true;
  onDataHook: ((user: User, fin: boolean) => void) | undefined;
  onHeadHook: ((user: User) => void) | undefined;
  onWritableHook: ((user: User) => void) | undefined;
  onEndHook: ((user: User) => void) | undefined;

  onHead(fields: Fields, end: boolean): void {
    this.note(end ? "head+end" : "head");
    this.head = fields;
    this.fin ||= end;
    this.onHeadHook?.(this);
  }
  onData(chunk: Uint8Array, start: number, end: number, fin: boolean): void {
    this.note(fin ? "data+end" : "data");
    assert.ok(start <= end && end <= chunk.length);
    assert.ok(fin || end > start, "an empty piece that is not the last");
    this.received += end - start;
    if (this.keepText) this.text += String.fromCharCode(...chunk.subarray(start, end));
    this.fin ||= fin;
    if (this.reads) this.stream.consume(end - start);
    this.onDataHook?.(this, fin);
  }
  onTrailers(fields: Fields): void {
    this.note("trailers");
    this.trailers = fields;
    this.fin = true;
    this.onDataHook?.(this, true);
  }
  onWritable(): void {
    this.note("writable");
    this.writable++;
    this.onWritableHook?.(this);
  }
  onDraining(): void {
    this.note("draining");
    this.draining++;
  }
  onEnd(end: StreamEnd): void {
    this.note(`end ${end.kind}`);
    this.end = end;
    if (this.settles) this.stream.settled();
    this.onEndHook?.(this);
  }
  private note(event: string): void {
    assert.equal(this.end, undefined, `${event} after the end`);
    this.events.push(event);
  }
}

/** One end: an engine with its events, on a clock that stands still until told. */
export class End implements Http2ConnectionEvents {
  readonly pool: OutputPool = new OutputPool();
  readonly budget: WindowBudget;
  readonly engine: Http2Connection;
  /** Server: one per stream, in order. */
  readonly users: User[] = [];
  closed: Http2ConnectionEnd | undefined;
  outputAsked = true;
  turnAsked = false;
  paused = false;
  ready = 0;
  capacityRose = 0;
  draining = 0;
  /** The link to the peer holds no more than this before it blocks. */
  blocked = false;
  onStreamHook: ((user: User, head: Fields, end: boolean) => void) | undefined;

  constructor(role: "client" | "server", now: number, options: Http2LimitOptions = {}, budget: WindowBudget = new WindowBudget()) {
    this.budget = budget;
    this.engine = new Http2Connection(
      {
        role,
        peer: { address: "test", encrypted: false },
        limits: resolveLimits(role, options),
        outputPool: this.pool,
        windowBudget: budget,
        random: () => 0.5,
      },
      this,
      now,
    );
  }
  onStream(stream: Http2Stream, head: Fields, end: boolean): StreamEvents {
    const user = new User();
    user.stream = stream;
    user.head = head;
    user.fin = end;
    this.users.push(user);
    this.onStreamHook?.(user, head, end);
    return user;
  }
  onOutput(urgent: boolean): void {
    assert.ok(urgent || !this.outputAsked, "onOutput twice");
    this.outputAsked = true;
  }
  onTurnWanted(): void {
    assert.equal(this.turnAsked, false, "onTurnWanted twice");
    this.turnAsked = true;
  }
  onPause(paused: boolean): void {
    assert.notEqual(this.paused, paused);
    this.paused = paused;
  }
  onReady(): void {
    this.ready++;
  }
  onCapacity(): void {
    this.capacityRose++;
  }
  onDraining(): void {
    this.draining++;
  }
  onClosed(end: Http2ConnectionEnd): void {
    assert.equal(this.closed, undefined, "onClosed twice");
    assert.equal(this.engine.openStreams, 0, "streams are open at the end");
    this.closed = end;
  }

  /** Client: opens a stream and sends its head. */
  request(end = false, prepared: Fields = REQUEST, extra: Fields = NO_FIELDS): User {
    const user = this.opened();
    user.stream.sendHead(prepared, extra, end);
    return user;
  }
  opened(): User {
    const user = new User();
    user.stream = this.engine.openStream(user);
    return user;
  }
  /** All output as one array, copied, buffers given back. */
  output(now: number): Uint8Array {
    const pieces: Uint8Array[] = [];
    for (let piece = this.engine.takeOutput(now); piece !== undefined; piece = this.engine.takeOutput(now)) {
      pieces.push(piece.slice());
      this.engine.releaseOutput(piece);
    }
    this.outputAsked = false;
    return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
  }
}

interface Delivery {
  readonly at: number;
  readonly to: End;
  readonly bytes: Uint8Array;
}

export interface PairOptions {
  readonly client?: Http2LimitOptions;
  readonly server?: Http2LimitOptions;
  readonly seed?: number;
  /** One way, in ms: at least, and at most that much more. */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** The largest read; 1: a byte at a time. 0: whatever comes at once. */
  readonly maxRead?: number;
  /** Bytes on their way that make a write block until all are delivered; Infinity: never. */
  readonly linkBytes?: number;
  readonly budget?: WindowBudget;
}

/** Two engines on one virtual clock, with a link between them that cuts and delays. */
export class Pair {
  now = 1_000;
  readonly client: End;
  readonly server: End;
  /** Bytes that were carried, both ways. */
  carried = 0;
  readonly #options: PairOptions;
  readonly #random: () => number;
  readonly #links: Map<End, Delivery[]> = new Map();
  readonly #inFlight: Map<End, number> = new Map();

  constructor(options: PairOptions = {}) {
    this.#options = options;
    this.#random = seeded(options.seed ?? 1);
    this.client = new End("client", this.now, options.client, options.budget);
    this.server = new End("server", this.now, options.server, options.budget);
    for (const end of [this.client, this.server]) {
      this.#links.set(end, []);
      this.#inFlight.set(end, 0);
    }
    // a server answers at once unless a test says otherwise
    this.server.onStreamHook = () => {};
  }

  /** Runs until nothing moves before `until` (ms of the virtual clock; default: 1 s from now). */
  run(until: number = this.now + 1_000): void {
    for (let steps = 0; steps < 2_000_000; steps++) {
      this.#flush(this.client, this.server);
      this.#flush(this.server, this.client);
      if (this.#turns()) continue;
      const next = this.#next();
      if (next > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.now = Math.max(this.now, next);
      if (!this.#deliver()) {
        for (const end of [this.client, this.server]) {
          if (end.engine.nextTimeout() <= this.now) end.engine.handleTimeout(this.now);
        }
      }
    }
    assert.fail("the pair never comes to rest");
  }

  /** Both ends hold nothing any more. */
  assertClean(): void {
    for (const end of [this.client, this.server]) {
      assert.equal(end.engine.openStreams, 0);
      assert.equal(end.engine.slots, 0);
      assert.equal(end.engine.statistics.queuedBytes, 0);
      assert.equal(end.budget.used, 0);
    }
  }

  #flush(from: End, to: End): void {
    const linkBytes = this.#options.linkBytes ?? Number.POSITIVE_INFINITY;
    while (!from.blocked) {
      const piece = from.engine.takeOutput(this.now);
      if (piece === undefined) break;
      const link = this.#links.get(to) as Delivery[];
      const { delayMs = 0, jitterMs = 0 } = this.#options;
      const last = link.at(-1)?.at ?? 0;
      const at = Math.max(last, this.now + delayMs + jitterMs * this.#random());
      this.carried += piece.length;
      link.push({ at, to, bytes: piece.slice() });
      const inFlight = (this.#inFlight.get(to) as number) + piece.length;
      this.#inFlight.set(to, inFlight);
      if (inFlight > linkBytes) {
        from.blocked = true;
        from.engine.outputBlocked(this.now);
      } else {
        from.engine.releaseOutput(piece);
      }
    }
    if (!from.blocked) from.outputAsked = false;
  }

  #turns(): boolean {
    let any = false;
    for (const end of [this.client, this.server]) {
      if (!end.turnAsked) continue;
      end.turnAsked = false;
      end.engine.beginTurn(this.now);
      any = true;
    }
    return any;
  }

  #next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const end of [this.client, this.server]) {
      next = Math.min(next, end.engine.nextTimeout());
      if (!end.paused) next = Math.min(next, this.#links.get(end)?.[0]?.at ?? Number.POSITIVE_INFINITY);
    }
    return next;
  }

  /** Delivers one read, cut at random. */
  #deliver(): boolean {
    const order = this.#random() < 0.5 ? [this.client, this.server] : [this.server, this.client];
    for (const end of order) {
      const link = this.#links.get(end) as Delivery[];
      const first = link[0];
      if (first === undefined || first.at > this.now || end.paused) continue;
      const { maxRead = 0 } = this.#options;
      const count = maxRead === 0 ? first.bytes.length : Math.min(first.bytes.length, 1 + Math.floor(this.#random() * maxRead));
      const read = first.bytes.slice(0, count);
      if (count === first.bytes.length) link.shift();
      else link[0] = { ...first, bytes: first.bytes.subarray(count) };
      const inFlight = (this.#inFlight.get(end) as number) - count;
      this.#inFlight.set(end, inFlight);
      end.engine.receive(read, this.now);
      // what was read is not ours: nothing may look at it later
      read.fill(0xee);
      const from = end === this.client ? this.server : this.client;
      if (from.blocked && inFlight === 0) {
        from.blocked = false;
        from.engine.outputDrained(this.now);
      }
      return true;
    }
    return false;
  }
}
