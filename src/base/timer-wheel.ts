/** Something that a {@link TimerWheel} can wake. */
export interface TimerTarget {
  /** Called once, when the timer's time has come. Must not throw. */
  onTimer(timer: Timer): void;
}

/** One timer: made when first needed, started and stopped in constant time without allocation. */
export class Timer {
  /** When it fires, in whole ticks of the wheel; meaningless while stopped. */
  due = 0;
  /** Neighbours in the wheel's slot; `next` is undefined while the timer is stopped. */
  next: Timer | undefined = undefined;
  previous: Timer | undefined = undefined;
  readonly target: TimerTarget | undefined;

  constructor(target: TimerTarget | undefined) {
    this.target = target;
  }

  get running(): boolean {
    return this.next !== undefined;
  }
}

const SLOT_BITS = 8;
const SLOTS = 1 << SLOT_BITS;
const MASK = SLOTS - 1;
const LEVELS = 3;
/** Ticks of a slot of each level: looked up, for a power costs more than all the rest of starting a timer. */
const TICKS: readonly number[] = [1, SLOTS, SLOTS * SLOTS];
/** Ticks that the wheel's three levels span; a timer further away is filed at the edge and moved on when that comes near. */
const HORIZON = 2 ** (SLOT_BITS * LEVELS) - 1;

/**
 * All timers of a process in one hierarchical wheel of one-millisecond ticks (three levels of 256 slots: 0.25 s, 65 s, 4.6 h).
 *
 * Pure: it reads no clock. Whoever owns it calls {@link advance} with the time, at the latest when `wake` asked for; `wake` is
 * called with the time of the earliest work whenever that moves nearer, and with Infinity when nothing is left.
 */
export class TimerWheel {
  /** Timers started and neither fired nor stopped. */
  size = 0;
  #tick: number;
  #wakeAt = Number.POSITIVE_INFINITY;
  readonly #slots: Timer[] = [];
  readonly #wake: (at: number) => void;

  /** @param now the owner's clock, in ms. @param wake asks to be advanced at the given time (ms, Infinity: not at all). */
  constructor(now: number, wake: (at: number) => void) {
    this.#tick = Math.floor(now);
    this.#wake = wake;
    for (let i = 0; i < SLOTS * LEVELS; i++) {
      const head = new Timer(undefined);
      head.next = head;
      head.previous = head;
      this.#slots.push(head);
    }
  }

  /** Starts the timer, or starts it anew. It fires at the first advance to `at` (ms) or later, never before. */
  start(timer: Timer, at: number): void {
    if (timer.next !== undefined) this.stop(timer);
    timer.due = Math.max(Math.ceil(Math.min(at, Number.MAX_SAFE_INTEGER)), this.#tick + 1);
    this.#file(timer);
    this.size++;
    const wakeAt = this.#wakeTime(timer.due);
    if (wakeAt < this.#wakeAt) {
      this.#wakeAt = wakeAt;
      this.#wake(wakeAt);
    }
  }

  /** Stops the timer; nothing happens when it is not running. */
  stop(timer: Timer): void {
    const { next, previous } = timer;
    if (next === undefined || previous === undefined) return;
    previous.next = next;
    next.previous = previous;
    timer.next = undefined;
    timer.previous = undefined;
    if (--this.size === 0) {
      this.#wakeAt = Number.POSITIVE_INFINITY;
      this.#wake(Number.POSITIVE_INFINITY);
    }
  }

  /** Fires every timer that is due at `now` (ms), in order of their ticks. */
  advance(now: number): void {
    const target = Math.floor(now);
    while (this.#tick < target) {
      if (this.size === 0) {
        this.#tick = target;
        break;
      }
      this.#tick = Math.min(this.#nextTick(), target);
      if ((this.#tick & MASK) === 0) this.#cascade();
      this.#fire();
    }
    this.#wakeAt = this.size === 0 ? Number.POSITIVE_INFINITY : this.#nextTick();
    this.#wake(this.#wakeAt);
  }

  /** The slot of a timer: the finest level that spans its distance. */
  #file(timer: Timer): void {
    const distance = timer.due - this.#tick;
    const due = distance > HORIZON ? this.#tick + HORIZON : timer.due;
    let level = 0;
    // a level holds what lies within its 256 slots as counted from the slot that is current on it
    while (level < LEVELS - 1 && shift(due, level) - shift(this.#tick, level) >= SLOTS) level++;
    const head = this.#slots[level * SLOTS + (shift(due, level) & MASK)] as Timer;
    const last = head.previous as Timer;
    last.next = timer;
    timer.previous = last;
    timer.next = head;
    head.previous = timer;
  }

  /** The next tick with work: a filled slot of the finest level, or a turn of it that empties a coarser slot. */
  #nextTick(): number {
    let turn = this.#tick + SLOTS - (this.#tick & MASK);
    for (let tick = this.#tick + 1; tick < turn; tick++) {
      if (this.#filled(tick & MASK)) return tick;
    }
    // the finest level may hold timers of the turn after this one
    for (let slot = 0; slot <= (this.#tick & MASK); slot++) if (this.#filled(slot)) return turn;
    // nothing until a slot of the second level begins, or the third level moves (every 65 s)
    while (!this.#filled(SLOTS + (shift(turn, 1) & MASK)) && turn % (SLOTS * SLOTS) !== 0) turn += SLOTS;
    return turn;
  }

  #filled(slot: number): boolean {
    const head = this.#slots[slot] as Timer;
    return head.next !== head;
  }

  #wakeTime(due: number): number {
    return Math.min(due, this.#tick + HORIZON);
  }

  /** At a turn of the finest level: moves the timers of the coarser slots that begin now to where they belong. */
  #cascade(): void {
    for (let level = LEVELS - 1; level > 0; level--) {
      if (this.#tick % (TICKS[level] as number) !== 0) continue;
      const head = this.#slots[level * SLOTS + (shift(this.#tick, level) & MASK)] as Timer;
      let timer = head.next as Timer;
      head.next = head;
      head.previous = head;
      while (timer !== head) {
        const next = timer.next as Timer;
        this.#file(timer);
        timer = next;
      }
    }
  }

  #fire(): void {
    const head = this.#slots[this.#tick & MASK] as Timer;
    while (head.next !== head) {
      const timer = head.next as Timer;
      this.stop(timer);
      timer.target?.onTimer(timer);
    }
  }
}

function shift(tick: number, level: number): number {
  return Math.floor(tick / (TICKS[level] as number));
}
