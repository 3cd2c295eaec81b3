import { ended, goroutines, ms } from "../figures.mjs";

const MARGIN_MS = 500;
/** What a Sluice server gives a stream on which nothing moves, in these runs. */
const IDLE_MS = 300;

function tellGroup(found, { client }) {
  const parts = [`${client === "sluice" ? "withGroup" : "group.Wait"}: ${ended(found.waiting)}`];
  if (found.leaving !== undefined) parts.push(`CloseResponse frees it, in ${ms(found.leaving.ms)}`);
  if (found.first) parts.push("the error is the task's");
  parts.push(`the handler ${found.ended === found.begun ? "is over" : "stays"}`, goroutines(found.goroutines));
  return parts.join("; ");
}

function brokenGroup(found, { client }) {
  if (found.ended < found.begun) return "the handler stays";
  if (client !== "sluice") return undefined;
  if (found.waiting.ms > MARGIN_MS) return `the group waits for ${ms(found.waiting.ms)}`;
  if (!found.first) return "another error";
  if (found.goroutines > 0) return goroutines(found.goroutines);
}

const group = ({ how, script, ...one }) => ({
  ...one,
  sluice: "withGroup, group.own(call)",
  walk: { walk: "group", kind: "duplex", script, how, boundMs: 3000 },
  quick: { boundMs: 800 },
  idle: IDLE_MS,
  libraries: ["connect-go-connect"],
  promise: "over within 500 ms, with the task's error, and the handler hears",
  promiseToGo: `the handler is over, at the latest by the server's idleTimeoutMs (here ${IDLE_MS})`,
  tell: tellGroup,
  broken: brokenGroup,
});

export const tasksBeside = {
  number: 5,
  title: "Tasks beside a bidi stream: one fails. And one operation, given up",
  issues: "connect-go #735, #823, #264",
  since: "Unchanged. The answer in #735: the context is for the whole stream, as with net/http.",
  note: "Measured, a parked Receive does not end with the group's context either, once headers have come and while nothing is sent: net/http does not look at the context then. CloseResponse ends it.",
  cases: [
    group({ what: "under an errgroup, Send is blocked; the stream has the group's context", how: "group", script: "mute" }),
    group({
      inShort: true,
      what: "under an errgroup, Receive is parked after the first answer; the stream has the group's context",
      how: "group",
      script: "hold",
      short: true,
    }),
    group({ what: "the same, and the stream has the outer context", how: "outer", script: "hold" }),
    {
      short: true,
      inShort: true,
      what: "in a handler: one task parked in Receive, another fails after 200 ms",
      sluice: "withGroup(context.signal)",
      walk: { walk: "loop", kind: "duplex", script: "group", how: "wait", boundMs: 3000 },
      quick: { boundMs: 800 },
      libraries: ["connect-go-connect"],
      promise: "the handler is over within 500 ms, and the client is told aborted",
      promiseFromGo: "cancel() ends the client's loop at once",
      tell: (found) => `the client's loop: ${ended(found.loop)}; the handler ${found.ended === found.begun ? "is over" : "stays"}`,
      broken(found, { server }) {
        if (server !== "sluice")
          return found.loop.freedMs < MARGIN_MS && found.loop.error === "cancelled" ? undefined : "cancel() does not end the loop";
        if (found.loop.blocked || found.loop.ms > 200 + MARGIN_MS) return "the handler stays";
        if (found.loop.error !== "aborted") return `the client is told ${found.loop.error}`;
      },
    },
    {
      short: true,
      inShort: true,
      what: "one receive given up after 20 ms, its answer comes after 100 ms; 20 times",
      sluice: "receive({ timeoutMs: 20 })",
      walk: { walk: "give-up", kind: "duplex", script: "late", count: 20, boundMs: 3000 },
      quick: { count: 5, boundMs: 800 },
      libraries: ["connect-go-connect"],
      promise: "that receive ends, the stream goes on, no message is lost",
      promiseToGo: null,
      tell(found, { client }) {
        if (client !== "sluice")
          return `no API: its context is the stream's; given up after ${ended(found.given)}; the next Receive: ${ended(found.next)}`;
        return `given up: ${ended(found.given)}; ${found.received} of ${found.received} messages came afterwards; then closed, outcome ${found.outcome}`;
      },
      broken(found, { client, count }) {
        if (client !== "sluice") return undefined;
        if (found.given.blocked || found.given.error !== "deadline_exceeded") return `the receive: ${ended(found.given)}`;
        if (found.received !== count) return `${found.received} of ${count} messages came`;
        if (found.outcome !== "ok") return `the outcome is ${found.outcome}`;
      },
      before: (found) => (found.next.error === undefined ? "before: no API; the context ends the stream" : undefined),
    },
  ],
};
