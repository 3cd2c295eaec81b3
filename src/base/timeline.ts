/** Something that happened to a call. */
export interface TimelineEntry {
  /** Ms since the call was made or arrived: exact for the first four and a half hours, then in whole seconds. */
  readonly atMs: number;
  /** A fixed phrase: `opened`, `request sent`, `peer reset`. */
  readonly event: string;
  /** What belongs to it: `CANCEL, 3 messages unread`. */
  readonly detail?: string;
}

/**
 * What happened to a call and when: how it moved from state to state, and what was rare. Messages are not in it, but the first each way.
 * It holds about thirty entries: the first ones and the last ones. Made into text when it is read.
 */
export interface Timeline {
  /** In order, the first is `opened`. Empty for an error or outcome that no call of this side has made. */
  readonly entries: readonly TimelineEntry[];
  /** Entries that were left out, after the first few. */
  readonly dropped: number;
  /** `+0 ms opened; +12 ms peer reset CANCEL, 3 messages unread`. */
  toString(): string;
  /** The entries. */
  toJSON(): readonly TimelineEntry[];
}

/** Of what is no call's. */
export const NO_TIMELINE: Timeline = Object.freeze({ entries: Object.freeze([]), dropped: 0, toString: () => "", toJSON: () => [] });
