// Stands for node:test in the copy: tests are kept, and run as often as there are mutants.
import { mock } from "node:test";

export const tests = [];

export function test(name, ...more) {
  const body = more.find((part) => typeof part === "function");
  const { skip, todo } = more.find((part) => typeof part === "object") ?? {};
  if (body !== undefined && skip === undefined && todo === undefined) tests.push({ name, body: () => inContext(body) });
}

async function inContext(body) {
  try {
    await body({ mock });
  } finally {
    mock.restoreAll();
  }
}
