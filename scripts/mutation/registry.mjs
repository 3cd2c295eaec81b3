// Stands for node:test in the copy: tests are kept, and run as often as there are mutants.
import { mock } from "node:test";

export const tests = [];

export function test(name, ...more) {
  const body = more.pop();
  const [options = {}] = more;
  if (options.skip === undefined && options.todo === undefined) tests.push({ name, body: () => inContext(body), ms: 0, hits: 0 });
}

async function inContext(body) {
  try {
    await body({ mock });
  } finally {
    mock.restoreAll();
  }
}
