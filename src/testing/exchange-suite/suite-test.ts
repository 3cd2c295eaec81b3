import type { Harness } from "./harness.js";

/**
 * What an exchange may be unable to do for what carries it: several at once on one connection; resets that have a code and leave the
 * connection as it is; credit, by which a sender knows what the peer has read; notice of a connection that is going away; ends that overtake a
 * body that nobody reads.
 */
export type Ability = "several" | "codes" | "credit" | "notice" | "overtaking";

/** One property; `needs`: what must be able to carry it. `slots`: of the server, where it matters. */
export type SuiteTest = readonly [
  title: string,
  check: (harness: Harness) => Promise<void>,
  options?: { readonly slots?: number; readonly needs?: Ability },
];
