import { inThousands, kB } from "../figures.mjs";

const STREAMS = 10_000;
/** What a Sluice client may hold more than before, in all: what it has compiled, and the channel. 10,000 streams of grpc-go hold 37,000 kB. */
const MOST_KB = 4_000;
/** What a Sluice server gives a stream on which nothing moves, in these runs. */
const IDLE_MS = 1000;

function tell(found, { client }) {
  const count = inThousands(found.begun);
  const says = client === "sluice" ? sluiceHolds : goHolds;
  const [atOnce, later] = [says(found.atOnce, count), says(found.later, count)];
  const held = atOnce === later ? `at once and later: ${atOnce}` : `at once: ${atOnce}; later: ${later}`;
  const freed = found.later.done < found.begun ? `; ${found.freedBy}: done for ${inThousands(found.atEnd.done)}` : "";
  return `${held}${freed}; ${inThousands(found.ended)} of ${count} handlers over`;
}

function goHolds({ done, goroutines, liveKB, allKB }, count) {
  return `Done for ${inThousands(done)} of ${count}, ${inThousands(goroutines)} goroutines, ${kB(liveKB)} kB a stream, ${kB(allKB)} with stacks`;
}

function sluiceHolds({ done, goroutines, liveKB }, count) {
  return `done for ${inThousands(done)} of ${count}, ${inThousands(goroutines)} open calls, ${kB(liveKB)} kB a stream`;
}

/** What is promised of each side by the time that the walk calls later. */
function broken(found, { client }, when) {
  if (found.ended < found.begun) return `${found.begun - found.ended} handlers stay`;
  if (client !== "sluice") return undefined;
  const held = found[when];
  if (held.done !== found.begun) return `done ran for ${held.done} of ${found.begun}`;
  if (held.goroutines > 0) return `${held.goroutines} calls stay`;
  if (held.liveKB * found.begun > MOST_KB) return `${kB(held.liveKB)} kB a stream stay`;
}

const walkingAway = ({ how, goHow = how, script, when, ...one }) => ({
  ...one,
  walk: { walk: "abandon", kind: "duplex", script, how, count: STREAMS, boundMs: 3000 },
  goWalk: { how: goHow },
  quick: { count: 1000, boundMs: 500 },
  alone: true,
  streams: 2 * STREAMS,
  libraries: ["grpc-go"],
  tell: (found, ends) => tell({ ...found, freedBy: goHow === "cancel" ? "cancel()" : "ClientConn.Close" }, ends),
  broken: (found, ends) => broken(found, ends, when),
});

/** seeds-today.md: 0 of 1,000, one goroutine and 3.1 to 3.5 kB live, 5 to 6 kB in all for each stream, before and after a collection. */
function leaks({ later, begun }) {
  const same = later.done === 0 && Math.abs(later.goroutines / begun - 1) < 0.05 && later.liveKB > 2 && later.liveKB < 6;
  if (!same) return "before: Done for none, a goroutine and 3.1 to 3.5 kB live (5 to 6 in all) a stream";
}

export const walkAway = {
  number: 4,
  title: "Half-close, and walk away: send, receive once, CloseSend, and nobody reads on",
  issues: "grpc-go #7656, #1818, #2015",
  since: "Unchanged: the documentation of NewStream asks for one of four things, and CloseSend is none of them.",
  cases: [
    walkingAway({
      inShort: true,
      what: "the server ends the stream when it hears of the half-close",
      short: true,
      script: "echo",
      how: "",
      when: "atOnce",
      sluice: "closeSend()",
      promise: "done has run for all at once, nothing is left, read or unread",
      promiseToGo: "all handlers over",
      before: leaks,
    }),
    walkingAway({
      inShort: true,
      what: "the server keeps its half open, and there is no deadline",
      script: "hold",
      how: "collect",
      goHow: "cancel",
      when: "later",
      idle: IDLE_MS,
      sluice: "closeSend(); the handles are collected",
      promise: "done has run for all once the handles are collected, all handlers over",
      promiseToGo: `all handlers over by the server's idleTimeoutMs (here ${IDLE_MS})`,
      before: leaks,
    }),
    walkingAway({
      what: "the server keeps its half open; each stream has a deadline of 1 s",
      script: "hold",
      how: "deadline",
      when: "later",
      sluice: "closeSend(), timeoutMs: 1000",
      promise: "done has run for all after the deadline, all handlers over",
    }),
    walkingAway({
      what: "for comparison: read on to the end",
      script: "echo",
      how: "read",
      when: "atOnce",
      sluice: "read to the end",
      promise: "done has run for all, nothing is left",
      before({ atOnce, begun }) {
        if (atOnce.done !== begun || atOnce.goroutines > 0) return "before: Done for all, nothing left";
      },
    }),
  ],
};
