// Sluice and dubbo-go, client and server both ways round, in every form of Triple.
//   node interop/dubbo/run.mjs [--quick] [--java] [--only TEXT]
// --quick: the newest dubbo-go, and of the older one what the two differ in. --java: Dubbo Java instead of dubbo-go. What a version cannot do is
// printed last, with the reason.
import { readArguments } from "../arguments.mjs";
import { equal } from "../checks.mjs";
import { Finding, Report } from "../report.mjs";
import { DUBBO_VERSIONS, dubboJavaPrograms, dubboPrograms, withTool } from "../tools.mjs";
import { CASES, FORMS, KINDS } from "./cases.mjs";
import { deviation } from "./deviations.mjs";
import * as fromGo from "./from-go.mjs";
import * as toGo from "./to-go.mjs";

const args = readArguments("node interop/dubbo/run.mjs [--quick] [--java] [--only TEXT]", {
  java: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  only: { type: "string", default: "" },
});
const report = new Report({ countsSkips: true });
const cannot = new Map();
/** dubbo-go takes seconds for these. */
const SLOW = /^(server shut down|client shut down)$/;

const peers = args.java
  ? [["Dubbo Java", dubboJavaPrograms]]
  : DUBBO_VERSIONS.map((version) => [`dubbo-go ${version}`, async () => ({ ...(await dubboPrograms(version)), version })]);
for (const [name, had] of peers) {
  await withTool(report, name, had, async (programs) => {
    const version = args.java ? `Java ${programs.version}` : programs.version;
    await Promise.all([serverSide(version, programs), clientSide(version, programs)]);
  });
  report.progress();
}
if (cannot.size > 0) console.log("\nWhat Dubbo cannot do, and what was seen instead:");
for (const [why, where] of cannot) console.log(`  ${why}\n      ${where.join("; ")}`);
report.end();
process.exit();

/** Sluice's client and dubbo-go's server. */
async function serverSide(version, programs) {
  const server = await toGo.startDubboServer(programs.server);
  try {
    for (const { form, ...what } of calls("server", version)) {
      const seen = () => toGo.call(server, form, what, what.key);
      await check("server", version, form, what, seen);
    }
    for (const [event, end] of Object.entries(toGo.ENDS)) {
      for (const form of openForms(event, version))
        await checkEnd("server", version, form, event, (differs) => end(server, form, programs.server, differs));
    }
  } finally {
    await server.stop("SIGKILL");
  }
}

/** dubbo-go's client and Sluice's server. */
async function clientSide(version, programs) {
  const world = await fromGo.startSluiceServer();
  try {
    for (const { form, ...what } of calls("client", version)) {
      await check("client", version, form, what, () => fromGo.call(world, programs.walker, form, what));
    }
    for (const [event, end] of Object.entries(fromGo.ENDS)) {
      for (const form of openForms(event, version)) {
        await checkEnd("client", version, form, event, (differs) => end(world, form, programs.walker, differs));
      }
    }
  } finally {
    await world.server.close({ graceMs: 0 });
  }
}

function calls(side, version) {
  const all = CASES.filter((one) => (one.side ?? side) === side).flatMap(({ kinds, ...one }) =>
    FORMS.filter(({ kind }) => (kinds ?? KINDS).includes(kind)).map((form) => ({ ...one, form })),
  );
  if (args.java)
    return all.filter(({ form, event }) => isJavas(form) || (side === "server" && event === "success" && form.kind === "unary"));
  if (!args.quick || version === DUBBO_VERSIONS[0]) return all;
  return all.filter(({ form, event }) => deviation(side, version, form.name, event) !== undefined || event === "success");
}

/** Dubbo Java's client sends unary calls as gRPC, in protobuf's binary form. */
function isJavas({ name, kind }) {
  return name === "unary proto" || ["client", "server", "bidi"].includes(kind);
}

/** In Dubbo Java only unary calls have a time-out, and only streams can be cancelled. */
function javasForms(event) {
  if (/alone|closes/.test(event)) return [];
  if (/grace|in time/.test(event)) return FORMS.filter(({ name }) => name === "bidi");
  return FORMS.filter((form) => isJavas(form) && (form.kind === "unary" ? event !== "client cancels" : event !== "deadline"));
}

function openForms(event, version) {
  const quick = args.quick && (version !== DUBBO_VERSIONS[0] || SLOW.test(event));
  if (quick && !/^client (shut|closes)/.test(event)) return [];
  if (args.java) return javasForms(event);
  if (event === "client closes") return FORMS.filter(({ name }) => name === "server" || name === "bidi");
  if (quick || /grace|in time|alone/.test(event)) return FORMS.filter(({ name }) => name === "bidi");
  return toGo.OPEN_FORMS;
}

async function check(side, version, form, { event, expected }, run) {
  const label = `${version} ${side.padEnd(6)}  ${form.name.padEnd(16)}  ${event}`;
  if (!label.includes(args.only)) return;
  await report.check(label, async () => {
    const differs = deviation(side, version, form.name, event);
    const { says, ...want } = { ...expected(form.kind), ...differs?.instead };
    const seen = await run();
    // what is undefined is not looked at
    const told = Object.entries(want).filter(([, value]) => value !== undefined);
    equal(Object.fromEntries(told.map(([name]) => [name, seen[name]])), Object.fromEntries(told));
    if (says !== undefined && !seen.message.includes(says)) throw new Finding(`the message does not name ${says}: ${seen.message}`);
    return listed(differs, `${version} ${form.name}, ${event}`, "");
  });
}

async function checkEnd(side, version, form, event, run) {
  const label = `${version} ${side.padEnd(6)}  ${form.name.padEnd(16)}  ${event}`;
  if (!label.includes(args.only)) return;
  const differs = deviation(side, version, form.name, event);
  await report.check(label, async () => listed(differs, `${version} ${form.name}, ${event}`, await run(differs)), 90_000);
}

/** What is printed beside the name of a check; notes what dubbo-go cannot do. */
function listed(differs, where, told) {
  if (differs === undefined) return told;
  cannot.set(differs.why, [...(cannot.get(differs.why) ?? []), where]);
  return "as it can";
}
