import { type Log, logTo } from "../../observe/log.js";

/** Places that are told apart; streams from further ones are only counted. */
const MAX_PLACES = 1_000;

/** The streams of a channel whose handles were collected before they had ended: counted, and told of once for each place in the code. */
export class AbandonedStreams {
  count = 0;
  private readonly log: Log | undefined;
  private readonly told = new Set<string>();

  constructor(log: Log | undefined) {
    this.log = log;
  }

  /** `openedAt`: where in the user's code, when that was noted; else the method stands for the place. */
  add(method: string, openedAt: string | undefined): void {
    this.count++;
    const place = openedAt === undefined ? method : `${method} ${openedAt}`;
    if (this.told.has(place) || this.told.size >= MAX_PLACES) return;
    this.told.add(place);
    const where = openedAt === undefined ? "" : `, opened at ${openedAt},`;
    logTo(this.log, {
      level: "warning",
      event: "stream-abandoned",
      message: `a stream${where} was collected before it had ended, and was cancelled: leave its loop, or call close(), finish() or cancel()`,
      method,
      ...(openedAt === undefined ? {} : { openedAt }),
    });
  }
}
