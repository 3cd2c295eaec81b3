/** A case as plain text: the medians, and the bars beneath. */
export function caseText(result) {
  return `\n${table(caseCells(result))}${result.bars.length > 0 ? `\n\n${table(barCells(result.bars))}` : ""}`;
}

/** The medians of a case as rows of text; the first row is the heading. A metric that nobody has is left out. */
export function caseCells({ metrics, rows }) {
  const names = Object.keys(metrics).filter((name) => rows.some((row) => row.median?.[name] !== undefined));
  const heading = ["", ...names.map((name) => metrics[name].label)];
  const body = rows.map((row) => {
    if (row.failed !== undefined) return [row.label, `failed: ${row.failed.slice(0, 90)}`, ...names.slice(1).map(() => "")];
    return [row.label, ...names.map((name) => numberText(row.median[name], metrics[name].digits))];
  });
  return [heading, ...body];
}

/** The bars of a case as rows of text; the first row is the heading. */
export function barCells(bars) {
  const heading = ["bar", "measured", "at least", "aim", "verdict"];
  return [
    heading,
    ...bars.map((bar) => [barName(bar), value(bar), limit(bar), aim(bar), bar.verdict + (bar.loadBound ? " (not busy)" : "")]),
  ];
}

/** How many bars were reached, in one line. */
export function verdictCounts(results) {
  const counts = {};
  for (const { verdict } of results.flatMap(({ bars }) => bars)) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(", ");
}

function barName({ subjectLabel, peerLabel, label }) {
  return `${subjectLabel}: ${label}${peerLabel === undefined ? "" : ` against ${peerLabel}`}`;
}

const isRatio = (bar) => bar.peer !== undefined;
const value = (bar) =>
  bar.value === undefined ? "" : isRatio(bar) ? `${bar.value.toFixed(2)} ×` : numberText(bar.value, bar.value < 100 ? 1 : 0);
const unit = (bar) => (isRatio(bar) ? " ×" : "");

function limit(bar) {
  if (bar.times !== undefined) return `${bar.times} ×`;
  return bar.most === undefined ? "" : `≤ ${bar.most}${unit(bar)}`;
}

function aim(bar) {
  if (bar.aim === undefined) return "";
  return bar.most === undefined ? `${bar.aim} ×` : `≤ ${bar.aim}${unit(bar)}`;
}

function numberText(number, digits) {
  if (number === undefined || number === null) return "";
  return number.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function table(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const line = (row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return cells.map((row) => `  ${line(row)}`.trimEnd()).join("\n");
}
