import type { Call } from "./call.js";

/** The calls of one client or server that have begun and not been released: a linked list through the calls themselves. */
export class OpenCalls {
  size = 0;
  oldest: Call | undefined = undefined;
  newest: Call | undefined = undefined;

  add(call: Call): void {
    call.older = this.newest;
    if (this.newest === undefined) this.oldest = call;
    else this.newest.newer = call;
    this.newest = call;
    this.size++;
  }

  /** Takes the call out; it must be in this list. */
  delete(call: Call): void {
    const { older, newer } = call;
    if (older !== undefined) older.newer = newer;
    else this.oldest = newer;
    if (newer !== undefined) newer.older = older;
    else this.newest = older;
    call.older = undefined;
    call.newer = undefined;
    this.size--;
  }

  /** All open calls at this moment, the newest first. */
  snapshot(): Call[] {
    const calls: Call[] = [];
    for (let call = this.newest; call !== undefined; call = call.older) calls.push(call);
    return calls;
  }
}
