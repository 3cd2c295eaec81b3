// Runs R1 to R13 with the libraries asked for; Sluice's results are asserted, those of the others told.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, start, startServer } from "../../children.mjs";
import { npmPeers, ToolMissing } from "../../tools.mjs";
import { experiments } from "./experiments.mjs";
import { libraries } from "./libraries/index.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const EXIT_LIMIT_MS = 2000;
const CLIENT_LIMIT_MS = 30_000;
/** Experiments wait more than they work. */
const AT_ONCE = 3;

/**
 * Returns the rows of a table `{ name, title, bound, results: Map(library → { good, told }) }`, and checks Sluice's. `others`: also the
 * other libraries.
 */
export async function runExperiments(report, { only, others }) {
  const rows = Object.entries(experiments)
    .filter(([name, { title }]) => `${name} ${title}`.includes(only))
    .map(([name, experiment]) => ({ name, ...experiment, results: new Map() }));
  if (rows.length === 0) return rows;
  for (const library of others ? libraries : ["sluice"]) {
    if (library === "sluice") console.log("Sluice: R1 to R13");
    else console.log(`${library}: R1 to R13 (measured, not judged)`);
    try {
      await runLibrary(library, rows, report);
    } catch (error) {
      if (!(error instanceof ToolMissing)) throw error;
      report.missing(`${library}: R1 to R13`, error.message);
    }
  }
  return rows;
}

async function runLibrary(library, rows, report) {
  const env = library === "sluice" ? {} : { LIFECYCLE_PACKAGES: await npmPeers() };
  const server = await startServer(process.execPath, [join(HERE, "server.mjs"), library], { env });
  try {
    const notes = /notes on (\d+)/.exec(server.text())[1];
    const waiting = [...rows];
    const work = async () => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const { name, title } = row;
        const address = `127.0.0.1:${row.refused ? await freePort() : server.port}`;
        const result = await runClient(row, [library, name, address, notes], env);
        row.results.set(library, result);
        if (library !== "sluice") console.log(`  ${result.good ? "ends" : "not "}  ${name} ${title}  ${result.told}`);
        else if (result.good && result.exact !== false) report.pass(`${name} ${title}`, result.told);
        else report.fail(`${name} ${title}`, `promised: ${row.bound}\nfound: ${result.told}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    await server.stop("SIGKILL");
  }
}

/** The rows as lines of text, a column for each library. */
export function experimentTable(rows) {
  if (rows.length === 0) return [];
  const shown = libraries.filter((library) => rows.some(({ results }) => results.has(library)));
  const lines = rows.map(({ name, title, results }) => {
    const cells = shown.map((library) => (results.get(library)?.good ? "ends" : "no").padEnd(11));
    return `  ${name.padEnd(4)}${title.padEnd(62)}${cells.join("")}`;
  });
  return [`  ${"".padEnd(66)}${shown.map((name) => name.padEnd(11)).join("")}`, ...lines];
}

async function runClient({ exits }, args, env) {
  const flags = ["--unhandled-rejections=strict", "--expose-gc", "--no-warnings"];
  const client = start(process.execPath, [...flags, join(HERE, "client.mjs"), ...args], env);
  try {
    const result = await client.says(/^result (\{.*\})$/m, CLIENT_LIMIT_MS).then(
      (match) => JSON.parse(match[1]),
      () => undefined,
    );
    if (result === undefined)
      return { good: false, told: client.ended() ? `the process died: ${errorOf(client.text())}` : "no result in 30 s" };
    if (!exits) return result;
    const started = performance.now();
    const ended = await Promise.race([client.end, new Promise((resolve) => setTimeout(resolve, EXIT_LIMIT_MS, "late"))]);
    if (ended === 0) return { good: result.good, told: `exits after ${(performance.now() - started).toFixed(0)} ms` };
    return { good: false, told: ended === "late" ? "does not exit" : `exits with ${ended}` };
  } finally {
    await client.stop("SIGKILL");
  }
}

function errorOf(text) {
  const line = text.split("\n").find((line) => /Error/.test(line)) ?? text.trim().split("\n").at(-1) ?? "";
  return line.trim().slice(0, 120);
}
