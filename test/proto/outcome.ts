import assert from "node:assert/strict";
import { difference } from "./difference.js";

/** What a call came to. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

export function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { error };
  }
}

/** Both gave the same value, or threw the same: by class and message where it is an Error. */
export function assertSame<T>(actual: Outcome<T>, expected: Outcome<T>, about: () => string, input?: Uint8Array): void {
  if ("value" in actual && "value" in expected) {
    const found = difference(actual.value, expected.value, input);
    if (found !== undefined) assert.fail(`${about()}\nvalue${found}`);
    return;
  }
  const [one, other] = [textOf(actual), textOf(expected)];
  if (one !== other) assert.fail(`${about()}\n${one}\nnot ${other}`);
}

function textOf<T>(outcome: Outcome<T>): string {
  if ("value" in outcome) return "a result";
  const { error } = outcome;
  return error instanceof Error ? `${error.constructor.name} ${error.name}: ${error.message}` : `thrown ${String(error)}`;
}
