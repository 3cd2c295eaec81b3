import { watchOthers } from "./others.mjs";

/** From so many percent of a core that others use, a figure is marked as it is printed. */
const NOISY = 10;

/**
 * Measures every contestant of a case in turn, `rounds` times, and gives one row each with the median of every metric.
 * A contestant that fails once is reported with its reason and left out from then on.
 */
export async function measureCase(test, contestants, { rounds, seconds, warmup, quick }) {
  const samples = new Map(contestants.map((contestant) => [contestant.id, []]));
  const failures = new Map();
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      if (failures.has(contestant.id)) continue;
      try {
        const others = watchOthers();
        const figures = await test.measure(contestant, { seconds, warmup, quick });
        figures.others = others();
        samples.get(contestant.id).push(figures);
        const noise = figures.others > NOISY ? `  (others used ${figures.others.toFixed(0)} % of a core)` : "";
        console.log(`  ${round}/${rounds} ${contestant.label.padEnd(34)} ${summary(test, figures)}${noise}`);
      } catch (error) {
        failures.set(contestant.id, sentence(error));
        console.log(`  ${round}/${rounds} ${contestant.label.padEnd(34)} FAILED: ${sentence(error)}`);
      }
    }
  }
  return contestants.map(({ id, label }) => {
    const runs = samples.get(id);
    const failed = failures.get(id);
    if (failed !== undefined) return { id, label, failed };
    return { id, label, median: medians(runs), runs };
  });
}

/** The line that says most: of a program that threw, the error and not where it stands. */
function sentence({ message }) {
  const lines = message.split("\n");
  return lines.find((line) => /Error\b|error:/.test(line)) ?? lines[0];
}

function summary(test, figures) {
  return Object.entries(test.metrics)
    .filter(([name]) => figures[name] !== undefined)
    .map(([name, { label, digits }]) => `${figures[name].toFixed(digits)} ${label}`)
    .join(", ");
}

function medians(runs) {
  const names = Object.keys(runs[0] ?? {});
  const known = names.filter((name) => runs.every((run) => run[name] !== undefined));
  return Object.fromEntries(known.map((name) => [name, median(runs.map((run) => run[name]))]));
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
