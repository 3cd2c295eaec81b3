import { bodyTests } from "./body-tests.js";
import { connectionTests } from "./connection-tests.js";
import { endTests } from "./end-tests.js";
import { Harness, type SuiteFactory } from "./harness.js";

/** One property that every `Exchange` has. */
export interface ExchangeTest {
  readonly title: string;
  /** Throws when the transport lacks the property, or when anything is left over at the end. */
  readonly run: () => void;
}

/** Slots of the server, where a test does not say. */
const SLOTS = 100;

/**
 * The one suite for `Exchange`: every transport passes it, whatever carries its bytes. For any test runner:
 * `for (const { title, run } of exchangeSuite(factory)) test(title, run)`.
 */
export function exchangeSuite(factory: SuiteFactory): ExchangeTest[] {
  return [...bodyTests, ...endTests, ...connectionTests].map(([title, check, slots]) => ({
    title,
    run() {
      const harness = new Harness(factory, slots ?? SLOTS);
      check(harness);
      harness.finish();
    },
  }));
}
