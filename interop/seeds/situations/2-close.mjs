import { ended, goroutines, ms } from "../figures.mjs";

/** closeTimeoutMs is 300 in these runs, where the default is 30 s. */
const CLOSE_MS = 300;
const MARGIN_MS = 500;
/** What a Sluice server gives a stream on which nothing moves, in these runs. */
const IDLE_MS = 300;

const worst = (found) => found.streams.reduce((a, b) => (duration(b) > duration(a) ? b : a));
const duration = ({ opening, closing }) => Math.max(opening.ms, closing?.ms ?? 0);

function tell(found, { client }) {
  const { opening, closing, goroutines: left, outcome } = worst(found);
  const parts = [];
  if (opening.blocked) parts.push(`the opening call ${ended(opening)}`);
  else if (opening.ms > 10) parts.push(`opened after ${ms(opening.ms)}`);
  if (closing !== undefined) parts.push(`${client === "sluice" ? "close()" : "Close"}: ${ended(closing)}`);
  if (outcome !== undefined) parts.push(`outcome ${outcome}`);
  parts.push(`${found.ended} of ${found.begun} handlers over`, goroutines(left));
  return parts.join("; ");
}

function broken(found, { client }) {
  const { opening, closing, goroutines: left } = worst(found);
  const bound = client === "sluice" ? CLOSE_MS + MARGIN_MS : IDLE_MS * 1.25 + MARGIN_MS;
  if (opening.blocked) return "opening blocks";
  if (closing.blocked || closing.ms > bound) return `closing takes ${ms(closing.ms)}`;
  if (found.ended < found.begun) return `${found.begun - found.ended} handlers stay`;
  if (left > 0) return goroutines(left);
}

const blocks = (found) => worst(found).opening.blocked || worst(found).closing?.blocked === true;

const closing = ({ kind, script, blocked = false, ...one }) => ({
  promise: `over within closeTimeoutMs (here ${CLOSE_MS} ms) and ${MARGIN_MS} ms`,
  ...one,
  sluice: "close()",
  walk: { walk: "close", kind, script, boundMs: 5000, count: blocked ? 1 : 5 },
  quick: { boundMs: 800, count: 1 },
  idle: IDLE_MS,
  libraries: ["connect-go-connect"],
  promiseToGo: `over at once, or when the server's idleTimeoutMs (here ${IDLE_MS}) has passed`,
  tell,
  broken,
  before(found) {
    const said = blocked ? "before: blocks for 40 s, until the context is cancelled" : "before: returns in 0.01 to 0.12 ms";
    if (blocks(found) !== blocked || (!blocked && worst(found).closing.ms > 20)) return said;
  },
});

export const closeIsBounded = {
  number: 2,
  title: "Closing a stream whose server is slow, endless or silent",
  issues: "connect-go #789",
  since:
    "ServerStreamForClient.Close hung for 42 minutes, reading on. Since 1.18 (#791) it does not read. What is left is the wait for response headers, in the opening call too.",
  note: "close() waits on purpose: it half-closes, and gives the server closeTimeoutMs to say how the call ended. Who does not want to wait calls cancel().",
  cases: [
    closing({ what: "a server stream, a message each second: Receive once, Close", kind: "output", script: "slow" }),
    closing({
      what: "a server stream that sends as fast as it can",
      kind: "output",
      script: "endless",
      promise: `over within closeMaxBytes (1 MiB) or closeTimeoutMs (here ${CLOSE_MS} ms) and ${MARGIN_MS} ms`,
    }),
    closing({
      what: "a server stream whose handler never sends",
      kind: "output",
      script: "mute",
      blocked: true,
      short: true,
      inShort: true,
    }),
    closing({
      what: "bidi, the handler has answered once and keeps its half open: CloseRequest, CloseResponse",
      kind: "duplex",
      script: "hold",
    }),
    closing({
      what: "bidi, the handler never sends: CloseRequest, CloseResponse",
      kind: "duplex",
      script: "mute",
      blocked: true,
      short: true,
    }),
  ],
};
