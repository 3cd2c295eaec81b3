// What a run found, as text and as a page of docs.
import { cpus } from "node:os";

/** The rows of each case below its name; a case that was not run is not there. */
export function asText(situations, runs) {
  const lines = [];
  for (const [situation, cases] of grouped(situations, runs)) {
    lines.push(
      "",
      `${situation.number}. ${situation.title} (${situation.issues})`,
      `   ${situation.since}`,
      ...(situation.note === undefined ? [] : [`   ${situation.note}`]),
    );
    for (const [one, rows] of cases) {
      lines.push("", `   ${one.what}`, `     promised: ${promisesOf(one)}`);
      const width = Math.max(...rows.map((row) => endsOf(row).length));
      for (const row of rows) lines.push(`     ${endsOf(row).padEnd(width)}  ${row.told}${row.verdict === "" ? "" : `  [${row.verdict}]`}`);
    }
  }
  return [...lines, ""];
}

export function asMarkdown(situations, runs) {
  const [{ model } = { model: "unknown" }] = cpus();
  const lines = [
    "# Five situations, side by side",
    "",
    "What users of connect-go, grpc-go and dubbo-go wrote issues about, run with the real Go programs on both ends, then with Sluice on both ends, as the client, and",
    "as the server. This page is made by `npm run seeds -- --write`, which ends with exit code 1 when Sluice did not keep a promise; what each situation looks like in",
    "code, there and here, is in [streams.md](streams.md#five-situations).",
    "",
    `Last run: ${new Date().toISOString().slice(0, 10)}, ${model}, ${cpus().length} cores, Node ${process.versions.node}. Client and server are two processes on loopback; times`,
    "between them are of the clock that both share. A row of a Go system is compared with an earlier measurement: *as it was*, or what was measured then. *kept* is",
    "said of what Sluice promises for its end: where a Go client is on the other, what that client holds is not ours to release.",
  ];
  for (const [situation, cases] of grouped(situations, runs)) {
    lines.push(
      "",
      `## ${situation.number}. ${situation.title}`,
      "",
      `${situation.issues}. ${situation.since}`,
      ...(situation.note === undefined ? [] : ["", situation.note]),
    );
    for (const [one, rows] of cases) {
      lines.push(
        "",
        `**${capital(one.what)}.** Sluice: \`${one.sluice}\`. Promised: ${promisesOf(one)}.`,
        "",
        "| client → server | what happened | |",
        "|---|---|---|",
      );
      for (const row of rows) lines.push(`| ${endsOf(row)} | ${row.told} | ${row.verdict} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What Sluice promises for its end of a run; null: nothing, since it is the other end that has to act. */
export function promiseOf({ one, client, server }) {
  if (client === "go") return one.promiseToGo === undefined ? one.promise : one.promiseToGo;
  if (server === "go") return one.promiseFromGo ?? one.promise;
  return one.promise;
}

function promisesOf({ promise, promiseToGo, promiseFromGo }) {
  const others = [
    ["to a Go client", promiseToGo],
    ["with a Go server", promiseFromGo],
  ].flatMap(([who, said]) => (said === undefined || said === null ? [] : [`${who}: ${said}`]));
  return [promise, ...others].join("; ");
}

function endsOf({ clientName, serverName }) {
  return `${clientName} → ${serverName}`;
}

function grouped(situations, runs) {
  return situations
    .map((situation) => [situation, situation.cases.map((one) => [one, runs.filter((run) => run.one === one && run.told !== undefined)])])
    .map(([situation, cases]) => [situation, cases.filter(([, rows]) => rows.length > 0)])
    .filter(([, cases]) => cases.length > 0);
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}
