// What a run found, as text and as a page of docs. A case that was not run is not there.
import { cpus } from "node:os";
import { promisesOf } from "./promises.mjs";

export function asText(situations, runs) {
  const lines = [];
  for (const [situation, cases] of grouped(situations, runs)) {
    lines.push("", `${situation.number}. ${situation.title} (${situation.issues})`);
    for (const said of [situation.since, situation.note]) if (said !== undefined) lines.push(`   ${said}`);
    for (const [one, rows] of cases) {
      lines.push("", `   ${one.what}`, `     promised: ${promisesOf(one)}`);
      const width = Math.max(...rows.map((row) => endsOf(row).length));
      for (const row of rows) lines.push(`     ${endsOf(row).padEnd(width)}  ${row.told}${row.verdict === "" ? "" : `  [${row.verdict}]`}`);
    }
  }
  lines.push("", "In short, with the same system on both ends");
  for (const { what, go, sluice, kept } of inShort(situations, runs)) {
    lines.push(`   ${what}`);
    for (const row of [go, sluice]) if (row !== undefined) lines.push(`     ${row.clientName.padEnd(29)}${row.told}`);
    lines.push(`     ${"Sluice kept its promise in".padEnd(29)}${kept} runs`);
  }
  return [...lines, ""];
}

export function asMarkdown(situations, runs) {
  const lines = [...preface(), "", "| | Go | Sluice | kept |", "|---|---|---|---|"];
  for (const { what, go, sluice, kept } of inShort(situations, runs)) {
    const there = go === undefined ? "–" : `${go.clientName}: ${go.told}`;
    lines.push(`| ${what} | ${there} | ${sluice?.told ?? "–"} | ${kept} |`);
  }
  for (const [situation, cases] of grouped(situations, runs)) {
    lines.push("", `## ${situation.number}. ${situation.title}`, "", `${situation.issues}. ${situation.since}`);
    if (situation.note !== undefined) lines.push("", situation.note);
    for (const [one, rows] of cases) {
      lines.push("", `**${capital(one.what)}.** Sluice: \`${one.sluice}\`. Promised: ${promisesOf(one)}.`);
      lines.push("", "| client → server | what happened | |", "|---|---|---|");
      for (const row of rows) lines.push(`| ${endsOf(row)} | ${row.told} | ${row.verdict} |`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function preface() {
  const [{ model } = { model: "unknown" }] = cpus();
  const machine = `${model}, ${cpus().length} cores, Node ${process.versions.node}`;
  return [
    "# Five situations, side by side",
    "",
    "What users of connect-go, grpc-go and dubbo-go wrote issues about, run with the real Go programs on both ends, then with Sluice on both ends, as the client, and",
    "as the server. This page is made by `npm run seeds -- --write`, which ends with exit code 1 when Sluice did not keep a promise; what each situation looks like in",
    "code, there and here, is in [streams.md](streams.md#five-situations).",
    "",
    `Last run: ${new Date().toISOString().slice(0, 10)}, ${machine}. Client and server are two processes on loopback; times between them are`,
    "of the clock that both share. A row of a Go system is compared with an earlier measurement: *as it was*, with the same counts and codes and times of the",
    "same order, or what was measured then. *kept* is said of what Sluice promises for its end: where a Go client is on the other, what that client holds is not ours to release.",
    "",
    "## In short",
    "",
    "The same system on both ends. The last column says in how many of the runs below, with Sluice on either end, it kept its promise.",
  ];
}

/** The telling cases: what the Go system does, and Sluice in its place; and in how many runs of the case Sluice kept its promise. */
function inShort(situations, runs) {
  return grouped(situations, runs).flatMap(([situation, cases]) =>
    cases.filter(([one]) => one.inShort).map(([one, rows]) => summary(situation, one, rows)),
  );
}

function summary({ number }, { what }, rows) {
  const ofBothEnds = (side) => rows.find(({ client, server }) => client === side && server === side);
  const judged = rows.filter(({ client, server, verdict }) => (client === "sluice" || server === "sluice") && verdict !== "");
  const kept = judged.filter(({ verdict }) => verdict === "kept");
  return {
    what: `${number}. ${capital(what)}`,
    go: ofBothEnds("go"),
    sluice: ofBothEnds("sluice"),
    kept: `${kept.length} of ${judged.length}`,
  };
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
