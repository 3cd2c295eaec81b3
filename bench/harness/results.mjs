import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markdown } from "./markdown.mjs";
import { barPlot } from "./plot.mjs";

/** Writes latest.json, latest.md and latest.svg. Cases that this run did not measure stay as they were, each with its own time. */
export function keepResults(folder, machine, fresh, order) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "latest.json");
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).cases : [];
  const byName = new Map([...kept, ...fresh].map((result) => [result.name, result]));
  const cases = order.filter((name) => byName.has(name)).map((name) => byName.get(name));
  writeFileSync(file, `${JSON.stringify({ machine, cases }, undefined, 1)}\n`);
  writeFileSync(join(folder, "latest.md"), markdown(machine, cases));
  writeFileSync(join(folder, "latest.svg"), barPlot(machine, cases));
}
