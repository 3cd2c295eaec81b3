/**
 * Measures every contestant of a case in turn, `rounds` times, and gives one row each with the median of every metric.
 * A contestant that fails once is reported with its reason and left out from then on.
 */
export async function measureCase(test, contestants, { rounds, seconds, warmup }) {
  const samples = new Map(contestants.map((contestant) => [contestant.id, []]));
  const failures = new Map();
  for (let round = 1; round <= rounds; round++) {
    for (const contestant of contestants) {
      if (failures.has(contestant.id)) continue;
      try {
        const figures = await test.measure(contestant, { seconds, warmup, quick: rounds < 3 });
        samples.get(contestant.id).push(figures);
        console.log(`  ${round}/${rounds} ${contestant.label.padEnd(34)} ${summary(test, figures)}`);
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
  return Object.fromEntries(names.map((name) => [name, median(runs.map((run) => run[name]))]));
}

function median(values) {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
