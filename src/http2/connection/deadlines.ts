/** What a connection waits for, each with at most one deadline. */
export const Deadline = {
  preface: 0,
  firstSettings: 1,
  settingsAck: 2,
  header: 3,
  keepalive: 4,
  drainPing: 5,
  writeStall: 6,
  idle: 7,
  age: 8,
  ageGrace: 9,
} as const;

const COUNT = 10;
const NEVER = Number.POSITIVE_INFINITY;

/** The deadlines of a connection; `next` is the earliest. */
export class Deadlines {
  next: number = NEVER;
  readonly #at: number[] = new Array<number>(COUNT).fill(NEVER);

  /** Sets one, or clears it with Infinity. */
  set(which: number, at: number): void {
    const before = this.#at[which] as number;
    if (before === at) return;
    this.#at[which] = at;
    if (at < this.next) this.next = at;
    else if (before === this.next) this.next = Math.min(...this.#at);
  }

  clear(which: number): void {
    this.set(which, NEVER);
  }

  isSet(which: number): boolean {
    return this.#at[which] !== NEVER;
  }

  /** One that is due, which is then cleared; -1: none. */
  takeDue(now: number): number {
    if (this.next > now) return -1;
    const which = this.#at.findIndex((at) => at <= now);
    if (which >= 0) this.clear(which);
    return which;
  }

  clearAll(): void {
    this.#at.fill(NEVER);
    this.next = NEVER;
  }
}
