import { test } from "node:test";
import { bodyTests } from "./body-tests.js";
import { connectionTests } from "./connection-tests.js";
import { endTests } from "./end-tests.js";
import { Harness, type SuiteFactory } from "./harness.js";

/** One property of an exchange, on a pair that is connected. */
export type SuiteTest = readonly [title: string, run: (harness: Harness) => void, maxConcurrentExchanges?: number];

/** The one suite for `Exchange`: every transport passes it, whatever carries its bytes. Each test ends with nothing left over. */
export function exchangeSuite(name: string, factory: SuiteFactory): void {
  for (const [title, run, slots] of [...bodyTests, ...endTests, ...connectionTests] as readonly SuiteTest[]) {
    test(`${name}: ${title}`, () => {
      const harness = new Harness(factory, slots);
      run(harness);
      harness.finish();
    });
  }
}
