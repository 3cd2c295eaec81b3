import { Histogram } from "../harness/histogram.mjs";

/** How many workers take times: reading the clock is not free, and all workers do the same. */
const TIMED = 8;

/** What a load has done so far. */
export class Tally {
  running = true;
  done = 0;
  errors = 0;
  times = new Histogram();
  recording;
  left;

  /** `n`: stop when so many are done, 0 for no limit; each of the `c` workers begins one without asking. */
  constructor(n, c, recording) {
    this.left = n === 0 ? Number.POSITIVE_INFINITY : n - c;
    this.recording = recording;
  }

  begin() {
    this.recording = true;
  }

  worker(i) {
    return new Worker(this, i < TIMED);
  }

  failed(error) {
    if (!this.running) return; // cut off at the end
    if (this.errors++ === 0) console.error(String(error?.message ?? error));
  }
}

/** One of the loops of a load. */
class Worker {
  tally;
  timed;
  finished = false;

  constructor(tally, timed) {
    this.tally = tally;
    this.timed = timed;
  }

  /** The time, for a worker that takes times. */
  now() {
    return this.timed ? performance.now() : 0;
  }

  /** Counts one operation that began at `start`; whether to go on. */
  step(start) {
    const tally = this.tally;
    if (this.timed && tally.recording) tally.times.addMs(performance.now() - start);
    tally.done++;
    if (tally.left-- <= 0) this.finished = true;
    return tally.running && !this.finished;
  }
}
