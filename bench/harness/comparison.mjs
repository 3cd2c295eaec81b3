/** A change that costs no more than this, in percent, keeps what the project promises of its contract. */
const ALLOWED = 3;
/** With fewer rounds nothing is said about that. */
const ENOUGH = 5;

/**
 * What two rows of `measureCase` say of each other, as text: for every metric both medians, and the median of the ratios after/before
 * of the rounds, which were measured in turns, with the interval in which it lies 19 times of 20, and all of them. Above 1 is more,
 * also where less is better.
 */
export function comparison(test, title, [before, after]) {
  const failed = [before, after].find((row) => row.failed !== undefined);
  if (failed !== undefined) return `  ${title}: ${failed.label} failed: ${failed.failed}`;
  const lines = Object.entries(test.metrics).map(([name, metric]) => line(name, metric, before, after));
  return ["", `  ${title}: ${after.label} against ${before.label}`, ...lines.filter((text) => text !== undefined)].join("\n");
}

function line(name, { label, digits, less }, before, after) {
  const ratios = before.runs.map((run, i) => after.runs[i][name] / run[name]).filter((ratio) => Number.isFinite(ratio));
  if (ratios.length === 0) return undefined;
  ratios.sort((a, b) => a - b);
  const { low, middle, high } = medianOf(ratios);
  const figures = [before, after].map((row) => row.median[name].toFixed(digits).padStart(10)).join(" →");
  const all = `all ${ratios[0].toFixed(3)} to ${ratios.at(-1).toFixed(3)}`;
  const spread = `${middle.toFixed(3)} × (95 %: ${low.toFixed(3)} to ${high.toFixed(3)}; ${all})`;
  const isShare = name === "busy" || name === "server";
  const words = isShare ? "" : verdict(ratios.length, less ? low - 1 : 1 - high, less ? high - 1 : 1 - low);
  return `    ${label.padEnd(18)} ${figures}  ${spread}  ${words}`.trimEnd();
}

/** From the least and the most that the change costs, as fractions. */
function verdict(rounds, least, most) {
  if (rounds < ENOUGH) return "too few rounds";
  if (most <= ALLOWED / 100) return `costs ≤ ${ALLOWED} %`;
  return least > ALLOWED / 100 ? `COSTS MORE THAN ${ALLOWED} %` : "not certain: more rounds";
}

/** The median and its interval by ranks, which asks nothing of how the noise is distributed. */
function medianOf(sorted) {
  const n = sorted.length;
  const rank = Math.max(0, Math.floor(n / 2 - 0.98 * Math.sqrt(n)));
  const middle = (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
  return { low: sorted[rank], middle, high: sorted[n - 1 - rank] };
}
