import type { Runtime } from "../base/runtime.js";
import type { Timeline } from "../base/timeline.js";
import { CallEvent } from "./call-event.js";
import { isEvent, PackedTimeline, packEvent, packValue } from "./packed-timeline.js";

/** Bytes are counted in small integers up to this, and in whole multiples of it beside them. */
const GIB = 2 ** 30;

/** Entries that every call has room for. */
const FIRST_ENTRIES = 4;
/** Entries beyond them; after that the oldest of these go. */
const LAST_ENTRIES = 28;

/** What only few calls have. */
class Rarities {
  gibSent = 0;
  gibReceived = 0;
  readonly entries: number[] = [];
  /** Events that had to go. */
  dropped = 0;
  /** How often sends had to wait, how long in all, and since when they wait now (-1: they do not); in ms. */
  sendWaits = 0;
  sendWaitedMs = 0;
  sendWaitsSince = -1;

  add(entry: number): void {
    const { entries } = this;
    if (entries.length >= LAST_ENTRIES) {
      if (isEvent(entries.shift() as number)) this.dropped++;
      while (entries.length > 0 && !isEvent(entries[0] as number)) entries.shift();
    }
    entries.push(entry);
  }
}

/**
 * What has happened to one call so far: how much went each way, and what came to pass when. It is all small integers: a few for every
 * call, more for those to which more happens, and for a message an addition. Times are of the turn of the loop, so that the clock is
 * not read for each. Why so: decision 0011.
 */
export abstract class History {
  /** When the call was made, in whole ms of the runtime's clock. */
  readonly began: number;
  /** Messages accepted for sending. */
  messagesSent = 0;
  /** Whole messages that have arrived and were wanted. */
  messagesReceived = 0;
  private sent = 0;
  private received = 0;
  /** The first entries of the timeline, packed; 0: none yet. */
  private entry0 = 0;
  private entry1 = 0;
  private entry2 = 0;
  private entry3 = 0;
  private rarities: Rarities | undefined = undefined;

  constructor(now: number) {
    this.began = Math.floor(now);
  }

  protected abstract get runtime(): Runtime;

  // ---- how much

  /** What the messages sent take in the body: encoded, compressed, prefixes included. */
  get bytesSent(): number {
    return this.sent + (this.rarities === undefined ? 0 : this.rarities.gibSent * GIB);
  }

  /** What the messages received took in the body. */
  get bytesReceived(): number {
    return this.received + (this.rarities === undefined ? 0 : this.rarities.gibReceived * GIB);
  }

  protected countSent(bytes: number): void {
    this.messagesSent++;
    const sent = this.sent + bytes;
    if (sent < GIB) {
      this.sent = sent;
      return;
    }
    // a field that held more once would cost every call of the process a boxed number from then on
    this.sent = sent % GIB;
    this.rare.gibSent += Math.floor(sent / GIB);
  }

  protected countReceived(bytes: number): void {
    this.messagesReceived++;
    const received = this.received + bytes;
    if (received < GIB) {
      this.received = received;
      return;
    }
    this.received = received % GIB;
    this.rare.gibReceived += Math.floor(received / GIB);
  }

  // ---- what and when

  /** Notes that this happened now: one of `CallEvent`. */
  protected record(event: number): void {
    this.keep(packEvent(event, this.runtime.turnTime() - this.began));
  }

  /** Notes a number that belongs to what was recorded last: one of `Value`. */
  protected recordValue(kind: number, value: number): void {
    this.keep(packValue(kind, value));
  }

  /** Notes that sends have to wait for room from now on, or do not any more. Only the first time is an entry, the others are counted. */
  protected recordSendWaits(waits: boolean): void {
    const { rare } = this;
    const now = this.runtime.turnTime() - this.began;
    if (waits) {
      if (rare.sendWaits++ === 0) this.record(CallEvent.sendWaits);
      rare.sendWaitsSince = now;
    } else if (rare.sendWaitsSince >= 0) {
      rare.sendWaitedMs += now - rare.sendWaitsSince;
      rare.sendWaitsSince = -1;
    }
  }

  private keep(entry: number): void {
    if (this.entry0 === 0) this.entry0 = entry;
    else if (this.entry1 === 0) this.entry1 = entry;
    else if (this.entry2 === 0) this.entry2 = entry;
    else if (this.entry3 === 0) this.entry3 = entry;
    else this.rare.add(entry);
  }

  /** What happened so far, as it is now: later events are not in it. */
  get timeline(): Timeline {
    const { rarities } = this;
    const first = this.firstEntries();
    if (rarities === undefined) return new PackedTimeline(first, FIRST_ENTRIES, 0, NO_WAITS);
    const { entries, dropped, sendWaits, sendWaitedMs, sendWaitsSince } = rarities;
    const now = sendWaitsSince < 0 ? 0 : this.runtime.turnTime() - this.began - sendWaitsSince;
    return new PackedTimeline([...first, ...entries], FIRST_ENTRIES, dropped, { times: sendWaits, ms: sendWaitedMs + now });
  }

  private firstEntries(): number[] {
    const { entry0, entry1, entry2, entry3 } = this;
    if (entry3 !== 0) return [entry0, entry1, entry2, entry3];
    if (entry2 !== 0) return [entry0, entry1, entry2];
    if (entry1 !== 0) return [entry0, entry1];
    return entry0 === 0 ? [] : [entry0];
  }

  private get rare(): Rarities {
    this.rarities ??= new Rarities();
    return this.rarities;
  }
}

const NO_WAITS = { times: 0, ms: 0 };
