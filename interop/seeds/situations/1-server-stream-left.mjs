import { goroutines, heardAfter, micros } from "../figures.mjs";

const PROMISE = "every handler hears it within 500 ms, its Send fails, nothing is left";

/** Of each handler: when its context ended, and when its Send failed. */
function tell(found) {
  const codes = [...new Set(found.calls.map(({ sendError }) => sendError).filter((code) => code !== ""))].join(", ");
  const sends = heardAfter(found, "sendFailedAt");
  const send =
    sends.count === 0 ? "no Send failed" : `Send failed (${codes}): ${sends.count} of ${sends.of}, median ${sends.median.toFixed(0)} µs`;
  return `heard by ${micros(heardAfter(found))}; ${send}; ${goroutines(found.goroutines)}`;
}

function broken(found) {
  const heard = heardAfter(found);
  const sends = heardAfter(found, "sendFailedAt");
  if (heard.count < heard.of) return `only ${heard.count} of ${heard.of} heard`;
  if (sends.count < sends.of) return `only ${sends.count} of ${sends.of} sends failed`;
  if (heard.max > 500_000) return `one heard after ${(heard.max / 1e3).toFixed(0)} ms`;
  if (found.goroutines > 0) return goroutines(found.goroutines);
}

/** seeds-today.md: 200 of 200, median 42 to 92 µs, with another machine's noise. */
function before(found) {
  const { of, count, median } = heardAfter(found);
  if (count < of || median > 1000) return "before: 200 of 200, median 42 to 92 µs";
}

const leaving = ({ how, script, ...one }) => ({
  ...one,
  walk: { walk: "leave", kind: "output", script, how, count: 200 },
  quick: { count: 20 },
  alone: true,
  libraries: ["connect-go-connect", "connect-go"],
  promise: PROMISE,
  tell,
  broken,
  before,
});

export const serverStreamLeft = {
  number: 1,
  title: "A server stream, and the client leaves",
  issues: "connect-go #668",
  since: "At the time of the issue Close read on, and the server was told nothing. Since 1.18 (#791) Close resets the stream.",
  cases: [
    leaving({
      what: "3 messages, then Close, without ending the context; the handler sends each ms",
      how: "close",
      script: "tick",
      sluice: "break out of the loop",
      short: true,
      inShort: true,
    }),
    leaving({ what: "the same, and the handler is blocked in Send", how: "close", script: "endless", sluice: "break out of the loop" }),
    leaving({ what: "3 messages, then the context ends", how: "cancel", script: "tick", sluice: "cancel()" }),
  ],
};
