import { ended, goroutines, heardAfter, micros, ms } from "../figures.mjs";

const CLOSE_MS = 300;
const TIMEOUT_MS = 300;
const MARGIN_MS = 500;
/** What a Sluice server gives a stream on which nothing moves, in these runs. */
const IDLE_MS = 300;

function tell(found, { client }) {
  const names =
    client === "sluice"
      ? { close: "close()", loop: "the loop of receive()" }
      : { close: "CloseRequest, CloseResponse", loop: "the loop of Recv" };
  const parts = [];
  if (found.act.ms > 0) parts.push(`${found.how === "half-close" ? "half-close" : names.close}: ${ended(found.act)}`);
  parts.push(`${names.loop}: ${ended(found.loop)}`);
  if (found.outcome !== undefined) parts.push(`outcome ${found.outcome}`);
  parts.push(`the handler ${found.ended === found.begun ? "is over" : "stays"}`, goroutines(found.goroutines));
  return parts.join("; ");
}

/** What a Sluice client promises for each way to end; toward a dubbo-go client it is the server's idleTimeoutMs that ends what is left. */
const keeps = {
  "half-close": ({ act, loop }) =>
    !act.blocked && loop.blocked && loop.freedMs >= 0 && loop.freedMs < MARGIN_MS && loop.error === "cancelled",
  close: ({ act, loop }) => !act.blocked && act.ms < CLOSE_MS + MARGIN_MS && !loop.blocked && loop.error === undefined,
  cancel: ({ loop }) => !loop.blocked && loop.ms < MARGIN_MS && loop.error === "cancelled",
  // a handler of dubbo-go that returns its context's error says 17, and its clock may be a moment ahead
  timeout: ({ loop }, { server }) =>
    !loop.blocked && loop.ms < TIMEOUT_MS + MARGIN_MS && (loop.error === "deadline_exceeded" || (server === "go" && loop.error === "17")),
};

const SLUICE = { "half-close": "closeSend()", close: "close()", cancel: "cancel()", timeout: `timeoutMs: ${TIMEOUT_MS}` };
const CLOSED = `over within closeTimeoutMs (here ${CLOSE_MS} ms) and ${MARGIN_MS} ms, the loop ends without an error`;

/** A way to end a stream whose loop receives until there is an error. */
const ending = ({ how, script = "hold", ...one }) => ({
  ...one,
  sluice: SLUICE[how],
  walk: { walk: "loop", kind: "duplex", script, how, boundMs: 3000 },
  quick: { boundMs: 800 },
  idle: IDLE_MS,
  libraries: ["dubbo-go-3.3.2", "dubbo-go-3.3.0"],
  promiseToGo: `the handler is over, at the latest by the server's idleTimeoutMs (here ${IDLE_MS})`,
  tell: (found, ends) => tell({ ...found, how }, ends),
  broken(found, { client, server }) {
    if (found.ended < found.begun) return "the handler stays";
    if (client !== "sluice") return undefined;
    if (!keeps[how](found, { server })) return "not as promised";
    if (found.goroutines > 0) return goroutines(found.goroutines);
  },
});

const blocksUntilCancelled = (timed) => timed.blocked && timed.freedMs >= 0;

export const bidiEnded = {
  number: 3,
  title: "A bidi stream that the client wants to end",
  issues: "dubbo-go #2755, open",
  since: "Up to 3.3.1 CloseResponse reads on until the server ends; 3.3.2 (#3466) closes at once where headers have come.",
  note: "While the half of the requests is open and nothing is sent, net/http does not look at the context: its cancel reaches neither the parked Recv nor the server, until something is sent, CloseRequest or CloseResponse.",
  cases: [
    ending({
      what: "half-close; the loop that receives, while the server keeps its half open",
      how: "half-close",
      promise: "the loop waits, as it must; cancel() ends it at once, cancelled",
      before({ loop }) {
        if (blocksUntilCancelled(loop) && loop.error === "invalid_argument") return undefined;
        return "before: blocks; cancel frees it in 0.1 ms, with invalid_argument";
      },
    }),
    ending({
      what: "close, after the first answer",
      how: "close",
      short: true,
      promise: CLOSED,
      before({ act, loop }, library) {
        if (library === "dubbo-go-3.3.0" && act.blocked) return "fixed in 3.3.2 (#3466)";
        if (!act.blocked && act.ms < 20 && loop.error === "invalid_argument") return undefined;
        return "before: returns in < 0.2 ms; Recv: invalid_argument, incomplete envelope";
      },
    }),
    ending({
      inShort: true,
      what: "close, before headers have come",
      how: "close",
      script: "mute",
      promise: CLOSED,
      before: ({ act }) =>
        blocksUntilCancelled(act) && act.freedMs < 100 ? undefined : "before: blocks for 40 s; cancel frees it in < 2 ms",
    }),
    ending({
      inShort: true,
      what: "cancel, after the first answer, while the half of the requests is open",
      how: "cancel",
      short: true,
      promise: "over at once, cancelled",
      before: ({ loop }) => (loop.blocked ? "before: heard by 200 of 200, of server streams, whose half is closed" : undefined),
    }),
    ending({
      what: `a deadline of ${TIMEOUT_MS} ms, after the first answer`,
      how: "timeout",
      promise: `over after ${TIMEOUT_MS} ms, deadline_exceeded`,
    }),
    {
      what: "a server stream, cancelled after 3 messages, 200 times",
      sluice: "cancel()",
      walk: { walk: "leave", kind: "output", script: "tick", how: "cancel", count: 200 },
      quick: { count: 20 },
      alone: true,
      libraries: ["dubbo-go-3.3.2"],
      promise: "every handler hears it within 500 ms, nothing is left",
      tell: (found) => `heard by ${micros(heardAfter(found))}; ${goroutines(found.goroutines)}`,
      broken(found, { client }) {
        const heard = heardAfter(found);
        if (heard.count < heard.of) return `only ${heard.count} of ${heard.of} heard`;
        if (heard.max > 500_000) return `one heard after ${ms(heard.max / 1e3)}`;
        if (client === "sluice" && found.goroutines > 0) return goroutines(found.goroutines);
      },
      before(found) {
        const { of, count, median } = heardAfter(found);
        if (count < of || median > 1000) return "before: 200 of 200, median 33 to 63 µs";
      },
    },
  ],
};
