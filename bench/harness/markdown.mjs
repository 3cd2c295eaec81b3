import { barCells, caseCells, verdictCounts } from "./text-table.mjs";

/** The report: the machine, the bars of all cases, and the medians of each. */
export function markdown(machine, cases) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const bars = cases.flatMap(({ bars }) => bars);
  const parts = [
    "# Benchmarks",
    "Made by `npm run bench`. Each case is measured in turns, one contestant after the other, round by round; a figure is the median of " +
      "its rounds, and a ratio is between figures of the same rounds. “Busy” is the share of its core that the measured process used: " +
      "below 90 % the load was the limit, and the CPU seconds say more than the rate.",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}; ${machine.pinned}. ` +
      `Node ${machine.node}, Go ${machine.go}, ${versions.join(", ")}.`,
    `## What it must reach\n\n${verdictCounts(cases)}.`,
    table(barCells(bars)),
    ...cases.flatMap(section),
  ];
  return `${parts.join("\n\n")}\n`;
}

function section(result) {
  const { rounds, seconds } = result.timing;
  const when = result.measured.slice(0, 10);
  return [`## ${result.title}`, `${result.how}; ${rounds} rounds of ${seconds} s; ${when}.`, table(caseCells(result))];
}

function table([heading, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map((_, column) => (column === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
