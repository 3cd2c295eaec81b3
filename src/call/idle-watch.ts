/** Looks in one idle time: a call that stands still ends after 1 to 1.25 of it. */
const LOOKS = 4;

/**
 * Notices that a call stands still. It compares, a few times in the idle time, a count that the call keeps anyway, so that a message
 * costs nothing.
 */
export class IdleWatch {
  readonly timeoutMs: number;
  /** The count at the last look. */
  private mark: number;
  /** Looks in a row that found the count where it was. */
  private still = 0;

  constructor(timeoutMs: number, progress: number) {
    this.timeoutMs = timeoutMs;
    this.mark = progress;
  }

  /** The time until the next look, in ms. */
  get everyMs(): number {
    return this.timeoutMs / LOOKS;
  }

  /** Looks; true when the count has stood still for the whole time. */
  look(progress: number): boolean {
    this.still = progress === this.mark ? this.still + 1 : 0;
    this.mark = progress;
    return this.still >= LOOKS;
  }
}
