import { bodyTests } from "./body-tests.js";
import { connectionTests } from "./connection-tests.js";
import { endTests } from "./end-tests.js";
import { Harness, type SuiteFactory } from "./harness.js";
import type { Ability } from "./suite-test.js";

/** One property that every `Exchange` has. */
export interface ExchangeTest {
  readonly title: string;
  /** Why this transport cannot show it. */
  readonly skip: string | false;
  /** Rejects when the transport lacks the property, or when anything is left over at the end. */
  readonly run: () => Promise<void>;
}

/** Slots of the server, where a test does not say. */
const SLOTS = 100;

/**
 * The one suite for `Exchange`: every transport passes it, whatever carries its bytes, but for what it `lacks`, each with the reason. For any
 * test runner: `for (const { title, skip, run } of exchangeSuite(factory)) test(title, { skip }, run)`.
 */
export function exchangeSuite(factory: SuiteFactory, lacks: Partial<Record<Ability, string>> = {}): ExchangeTest[] {
  return [...bodyTests, ...endTests, ...connectionTests].map(([title, check, { slots = SLOTS, needs } = {}]) => ({
    title,
    skip: (needs === undefined ? undefined : lacks[needs]) ?? false,
    async run() {
      const harness = await Harness.make(factory, slots);
      await check(harness);
      await harness.finish();
    },
  }));
}
