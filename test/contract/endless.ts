import { turn } from "./world.js";

/** Handlers that produce for ever, counted. */
export class Endless {
  running = 0;
  finalised = 0;

  readonly handler = async function* (this: Endless) {
    this.running++;
    try {
      for (let id = 1; ; id++) {
        yield { id };
        await turn();
      }
    } finally {
      this.running--;
      this.finalised++;
    }
  }.bind(this);
}
