import { barCells, caseCells, verdictCounts } from "./text-table.mjs";

/** The report: the machine, the bars of all cases, and the medians of each. */
export function markdown(machine, cases) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    "# Benchmarks",
    "Made by `npm run bench`. Each case is measured in turns, one contestant after the other, round by round; a figure is the median of " +
      "its rounds, and a ratio is between figures of the same rounds. “Busy” is the share of its core that the measured process used: " +
      "below 90 % the load was the limit, and the CPU seconds say more than the rate.",
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gib} GiB, Linux ${machine.kernel}; ${machine.pinned}. ` +
      `Node ${machine.node}, Go ${machine.go}, ${versions.join(", ")}.`,
    `## What it must reach\n\n${verdictCounts(cases)}.`,
    table(allBars(cases)),
    ...cases.flatMap(section),
  ];
  return `${parts.join("\n\n")}\n`;
}

function allBars(cases) {
  const [heading] = barCells([]);
  return [
    ["case", ...heading],
    ...cases.flatMap(({ name, bars }) =>
      barCells(bars)
        .slice(1)
        .map((cells) => [name, ...cells]),
    ),
  ];
}

function section(result) {
  const { rounds, seconds } = result.timing;
  const when = result.measured.slice(0, 10);
  const facts = `${result.how}; ${rounds} ${rounds === 1 ? "round" : "rounds"} of ${seconds} s; ${when}${noise(result.rows)}.`;
  return [`## ${result.title}`, facts, table(caseCells(result))];
}

/** How much the rest of the machine was in the way. */
function noise(rows) {
  const others = rows.flatMap(({ runs = [] }) => runs.map((run) => run.others ?? 0));
  return others.length === 0 ? "" : `; other processes used at most ${Math.max(...others).toFixed(0)} % of a core meanwhile`;
}

function table([heading, ...rows]) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    line(heading),
    line(heading.map((name) => (name === "" || name === "case" || name === "bar" ? "---" : "---:"))),
    ...rows.map(line),
  ].join("\n");
}
