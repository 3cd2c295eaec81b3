// The situations that users of connect-go, grpc-go and dubbo-go wrote issues about: each with the real Go program on both ends, then with Sluice on
// both ends, as the client, and as the server. One table at the end; exit code 1 when Sluice did not keep a promise.
//   node interop/seeds/run.mjs [--quick] [--only TEXT] [--write]
// --quick: a few cases of each situation, fewer streams, one version of each library. --write: the table into docs/seeds.md.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readArguments } from "../arguments.mjs";
import { Report } from "../report.mjs";
import { ROOT, ToolMissing } from "../tools.mjs";
import { libraries, measure, nameOf, programOf } from "./programs.mjs";
import { promiseOf } from "./promises.mjs";
import { serverStreamLeft } from "./situations/1-server-stream-left.mjs";
import { closeIsBounded } from "./situations/2-close.mjs";
import { bidiEnded } from "./situations/3-bidi-ended.mjs";
import { walkAway } from "./situations/4-walk-away.mjs";
import { tasksBeside } from "./situations/5-group.mjs";
import { asMarkdown, asText } from "./table.mjs";

/**
 * A situation is a list of cases. `what`, `sluice`: the case, and what one writes here. `walk`: the options of measure() (programs.mjs); `goWalk`, `quick`: others
 * for Go clients, for the short run; `idle`, `streams`: of a Sluice server that a Go client calls, and of every one. `libraries`: with which it is run. `alone`: without
 * another run beside it. `short`, `inShort`: part of the short run, of the summary. `promise`, `promiseToGo`, `promiseFromGo`: see promises.mjs. `tell(found, ends)`: what
 * happened, in words; `broken(found, ends)`: how the promise was broken; `before(found, library)`: what a Go system did when it was measured before, if that was otherwise.
 */
const situations = [serverStreamLeft, closeIsBounded, bidiEnded, walkAway, tasksBeside];
/** Who is the client, who the server. */
const pairs = [
  ["go", "go"],
  ["sluice", "sluice"],
  ["sluice", "go"],
  ["go", "sluice"],
];
/** Cases wait more than they work, unless they say that they want the machine for themselves. */
const AT_ONCE = 3;

const args = readArguments("node interop/seeds/run.mjs [--quick] [--only TEXT] [--write]", {
  quick: { type: "boolean", default: false },
  only: { type: "string", default: "" },
  write: { type: "boolean", default: false },
});
if (args.write && (args.quick || args.only !== "")) {
  console.error("--write is for a whole run");
  process.exit(2);
}
const report = new Report({ countsSkips: true });
const started = performance.now();
const waiting = situations.flatMap(runsOf);
const all = [...waiting];
await needPrograms();
console.log(`${waiting.length} runs`);
await takeAll(
  waiting.filter(({ one }) => one.alone),
  1,
);
await takeAll(
  waiting.filter(({ one }) => !one.alone),
  AT_ONCE,
);
for (const line of asText(situations, all)) console.log(line);
if (args.write) {
  writeFileSync(join(ROOT, "docs", "seeds.md"), asMarkdown(situations, all));
  console.log("docs/seeds.md is written");
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
report.end();
process.exit();

/** A row for each case, library and pair of ends; Sluice with itself once for each protocol. */
function runsOf(situation) {
  const runs = [];
  for (const one of situation.cases) {
    if (args.quick && !one.short) continue;
    const protocols = new Set();
    for (const library of args.quick ? one.libraries.slice(0, 1) : one.libraries) {
      for (const [client, server] of pairs) {
        const { protocol } = libraries[library];
        if (client === "sluice" && server === "sluice") {
          if (protocols.has(protocol)) continue;
          protocols.add(protocol);
        }
        const run = {
          situation,
          one,
          library,
          client,
          server,
          clientName: nameOfEnd(client, library),
          serverName: nameOfEnd(server, library),
        };
        if (labelOf(run).includes(args.only)) runs.push(run);
      }
    }
  }
  return runs;
}

/** Builds what is needed before anything is timed; what cannot be had is left out aloud. */
async function needPrograms() {
  for (const library of new Set(waiting.map((run) => run.library))) {
    try {
      await programOf(library);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      report.missing(nameOf(library), error.message);
      for (const run of all.filter((candidate) => candidate.library === library)) {
        if (run.client === "go" || run.server === "go") waiting.splice(waiting.indexOf(run), 1);
      }
    }
  }
}

async function takeAll(runs, atOnce) {
  const work = async () => {
    for (let run = runs.shift(); run !== undefined; run = runs.shift()) await take(run);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

async function take(run) {
  const { one, library, client, server } = run;
  const walk = { ...one.walk, ...(client === "go" ? one.goWalk : {}), ...(args.quick ? one.quick : {}) };
  try {
    // what a Sluice client leaves it ends itself; what a Go client leaves, the server's idleTimeoutMs
    const idle = client === "go" ? one.idle : undefined;
    const found = await measure({ client, server, library, idle, streams: one.streams, ...walk });
    const ends = { client, server, count: walk.count };
    run.told = one.tell(found, ends);
    if (client === "go" && server === "go") judgeGo(run, found);
    else if (promiseOf(run) === null) run.verdict = "";
    else judge(run, one.broken(found, ends));
  } catch (error) {
    run.told = "did not run";
    run.verdict = "FAILED";
    report.fail(labelOf(run), error?.stack ?? error);
  }
  report.progress();
}

/** What a Go system does is not judged: it is compared with what it did before. */
function judgeGo(run, found) {
  run.verdict = run.one.before === undefined ? "" : (run.one.before(found, run.library) ?? "as it was");
  console.log(`  go    ${labelOf(run)}  ${run.told}${run.verdict === "" ? "" : ` (${run.verdict})`}`);
}

function judge(run, broken) {
  run.verdict = broken === undefined ? "kept" : `BROKEN: ${broken}`;
  if (broken === undefined) report.pass(labelOf(run), run.told);
  else report.fail(labelOf(run), `${broken}: ${run.told}`);
}

function labelOf({ situation, one, clientName, serverName }) {
  return `${situation.number}. ${one.what}: ${clientName} → ${serverName}`;
}

function nameOfEnd(side, library) {
  return side === "go" ? nameOf(library) : `Sluice (${libraries[library].says})`;
}
