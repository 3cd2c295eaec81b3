// What was measured, in numbers and in words.

/** In µs, how much later than the client left each of the server's calls heard; those that heard before the client told. */
export function heardAfter({ leftAt, calls, toldAt }, moment = "heardAt") {
  const all = calls.flatMap((call, i) => (call[moment] > 0 && call[moment] <= toldAt ? [(call[moment] - leftAt[i]) / 1e3] : []));
  return { of: leftAt.length, count: all.length, ...quantiles(all) };
}

export function quantiles(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { median: at(0.5), p90: at(0.9), max: sorted.at(-1) };
}

export function micros({ of, count, median, p90, max }) {
  if (count === 0) return `0 of ${of}`;
  return `${count} of ${of}, median ${median.toFixed(0)} µs, p90 ${p90.toFixed(0)}, max ${max.toFixed(0)}`;
}

export function ms(value) {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}

/** How an operation ended: at once, or not within the bound and what freed it. */
export function ended(timed) {
  const error = timed.error === undefined ? "" : `, ${timed.error}`;
  if (!timed.blocked) return `${ms(timed.ms)}${error}`;
  if (timed.freedMs < 0) return `blocks (${ms(timed.ms)} tried); cancelling its context does not free it`;
  return `blocks (${ms(timed.ms)} tried) until its context is cancelled, then ${ms(timed.freedMs)}${error}`;
}

export function goroutines(count) {
  if (count === 0) return "nothing left";
  return `${count} goroutine${count === 1 ? "" : "s"} left`;
}

/** A number of kB that may be small. */
export function kB(value) {
  return value.toFixed(value < 10 ? 1 : 0);
}

export function inThousands(count) {
  return count.toLocaleString("en");
}
