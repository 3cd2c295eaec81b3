import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { DEFAULT_CALL_LIMITS, MAX_WAITING_SENDS, OUTBOX_BYTES } from "../src/call/limits.js";
import { WindowBudget } from "../src/http2/flow/window-budget.js";
import { resolveLimits } from "../src/http2/limits.js";
import { DEFAULT_HTTP1_CLIENT_LIMITS, DEFAULT_HTTP1_LIMITS } from "../src/node/http1/limits.js";
import { CLOSE_TIMEOUT_MS } from "../src/transport/http2/driver.js";
import { proseOf } from "./documents/blocks.js";
import { ROOT } from "./documents/project.js";

/* What the documents say of files and of limits is so. */

const documents = ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", ...pagesBelow("docs")];
const limitsPage = read("docs/limits.md");

test("every relative link of the documents leads to a file, and to a heading of it", () => {
  const broken: string[] = [];
  let links = 0;
  for (const document of documents) {
    for (const [, target = ""] of proseOf(read(document)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const [path = "", heading] = target.split("#");
      const file = path === "" ? document : relative(ROOT, join(ROOT, dirname(document), path));
      if (!existsSync(join(ROOT, file))) broken.push(`${document}: ${target}`);
      else if (heading !== undefined && !headings(file).includes(heading)) broken.push(`${document}: ${target} (no such heading)`);
    }
  }
  assert.ok(links > 60, `${links} links were found`);
  assert.deepEqual(broken, []);
});

test("every file that the documents name in code exists", () => {
  const folders = ["", "src/", "src/http2/", "src/http2/connection/", "src/protocol/"];
  const missing: string[] = [];
  let files = 0;
  for (const document of documents) {
    for (const [, name = ""] of proseOf(read(document)).matchAll(/`([\w./-]+\.(?:ts|mjs|json|yaml|proto|md))`/g)) {
      files++;
      if (document === "CONTRIBUTING.md" && /^x(\.test)?\.ts$/.test(name)) continue;
      if (!folders.some((folder) => existsSync(join(ROOT, folder, name)))) missing.push(`${document}: ${name}`);
    }
  }
  assert.ok(files > 5, `${files} files were found`);
  assert.deepEqual(missing, []);
});

test("docs/limits.md has every limit of the engine, with its default on each side", () => {
  const documented = new Map(rows("The engine"));
  const client = resolveLimits("client");
  const server = resolveLimits("server");
  const names = Object.keys(client) as (keyof typeof client)[];
  assert.deepEqual([...documented.keys()].sort(), [...names].sort());
  for (const name of names) {
    const said = documented.get(name) ?? "";
    const sides = /^client (.+), server (.+)$/.exec(said);
    assert.equal(valueIn(sides?.[1] ?? said), client[name], `${name} of a client`);
    assert.equal(valueIn(sides?.[2] ?? said), server[name], `${name} of a server`);
  }
});

test("docs/limits.md has every limit of calls, with its default", () => {
  const said = Object.fromEntries(rows("Calls").map(([name, value]) => [name, valueIn(value)]));
  assert.deepEqual(said, { ...DEFAULT_CALL_LIMITS });
  assert.match(limitsPage, new RegExp(`Fixed: ${MAX_WAITING_SENDS} sends .* accepts ${OUTBOX_BYTES.toLocaleString("en-GB")} bytes`));
});

test("docs/limits.md has the options of listeners, handlers of fetch and channels, with the defaults of the code", () => {
  for (const [name, said] of rows("Listeners")) {
    const [option = ""] = name.split(".").slice(-1);
    const http1: Readonly<Record<string, number>> = { ...DEFAULT_HTTP1_LIMITS };
    assert.equal(valueIn(said), name.startsWith("http1Limits.") ? http1[option] : defaultIn("src/node/listen.ts", name), name);
  }
  for (const [name, said] of rows("Handlers of fetch")) assert.equal(valueIn(said), defaultIn("src/web/serve-fetch.ts", name), name);
  const files = ["src/node/connect.ts", "src/client/channel/backoff.ts"];
  const http1Client: Readonly<Record<string, number>> = { ...DEFAULT_HTTP1_CLIENT_LIMITS };
  for (const [name, said] of rows("Channels")) {
    if (name === "keepalive") continue;
    const [option = ""] = name.split(".").slice(-1);
    if (name.startsWith("http1Limits.")) {
      assert.equal(valueIn(said), http1Client[option], name);
      continue;
    }
    const found = files.map((file) => defaultIn(file, option)).filter((value) => value !== undefined);
    assert.deepEqual(found, [valueIn(said)], name);
  }
  assert.match(limitsPage, new RegExp(`queues ${defaultIn("src/node/listen.ts", "backlog")} connections`));
});

test("docs/limits.md has the bounds of the process", () => {
  const budget = new WindowBudget().draw(Number.MAX_SAFE_INTEGER);
  assert.match(section("The process"), new RegExp(`together \\| ${budget / 2 ** 20} MiB \\|`));
  assert.match(section("The process"), new RegExp(`destroyed \\| ${CLOSE_TIMEOUT_MS / 1_000} s \\|`));
});

test("a limit that another document gives with a value has that value", () => {
  const engine: Readonly<Record<string, unknown>> = { ...resolveLimits("server") };
  const known: Readonly<Record<string, unknown>> = { ...engine, ...DEFAULT_CALL_LIMITS };
  let checked = 0;
  for (const document of documents) {
    for (const [, name = "", said = ""] of proseOf(read(document)).matchAll(/`(\w+)` \(([\d][\d,]*(?: MiB)?)\)/g)) {
      const listening = defaultIn("src/node/listen.ts", name);
      const calling = defaultIn("src/node/connect.ts", name);
      const right = [known[name], listening, calling].filter((value) => value !== undefined);
      assert.ok(right.includes(valueIn(said)), `${document}: ${name} is ${String(right)}, not ${said}`);
      checked++;
    }
  }
  assert.ok(checked > 20, `${checked} values were checked`);
});

test("the tests that docs/contract.md names for a promise are there", () => {
  let named = 0;
  for (const [, promise = "", text = ""] of read("docs/contract.md").matchAll(/^## (C\d+) .+\n((?:(?!## ).*\n)*)/gm)) {
    for (const [, file = ""] of text.matchAll(/\(\.\.\/(test\/contract\/\w+\.test\.ts)\)/g)) {
      named++;
      assert.ok(read(file).includes(`"${promise}: `), `${file} has a test of ${promise}`);
    }
  }
  assert.ok(named >= 10, `${named} were found`);
});

test("every row that names its proof names tests that there are", () => {
  const folders = ["test/contract", "test/wire", "test/sockets", "src"];
  const sources = folders.flatMap((folder) => [...filesBelow(folder, ".test.ts"), ...filesBelow(folder, "-tests.ts")]).map(read);
  const text = sources.join("\n");
  for (const [document, least] of PROVED) {
    const unknown: string[] = [];
    let named = 0;
    for (const row of rowsWithProof(read(document))) {
      const titles = [...row.matchAll(/`([^`]+)`/g)].map(([, title = ""]) => title);
      if (titles.length === 0) unknown.push(`no test: ${row}`);
      for (const title of titles) if (!text.includes(`"${title}"`) && !text.includes(`\`${title}\``)) unknown.push(title);
      named += titles.length;
    }
    assert.deepEqual(unknown, [], document);
    assert.ok(named >= least, `${document} names ${named}`);
  }
});

/** Documents whose tables have a column "proved by", and how many tests they name at least. */
const PROVED: readonly (readonly [document: string, tests: number])[] = [
  ["docs/misuse.md", 25],
  ["docs/streams.md", 30],
  ["docs/wire-details.md", 80],
];

/** The last cell of each row of the tables that have a column "proved by". */
function rowsWithProof(markdown: string): string[] {
  const tables = proseOf(markdown).split(/\n(?!\|)/);
  return tables
    .map((part) => part.split("\n").filter((line) => line.startsWith("|")))
    .filter(([head = ""]) => /\| proved by \|$/.test(head))
    .flatMap((lines) => lines.slice(2).map((line) => line.split(" | ").at(-1) ?? ""));
}

test("the sentences of docs/errors.md about connections are those of the code", () => {
  const files = ["src/node/socket-failure.ts", "src/transport/http2/driver.ts", "src/client/channel/channel.ts"];
  const code = files.map(read).join("\n");
  const [, about = ""] = read("docs/errors.md").split("\n## When there is no connection\n");
  const unknown: string[] = [];
  let pieces = 0;
  for (const [, sentence = ""] of (about.split("\n## ")[0] ?? "").matchAll(/`([^`\n]+)`/g)) {
    if (!sentence.includes(" ")) continue;
    // what is filled in, or chosen: addresses, names, numbers, the guess after a colon
    for (const piece of sentence.split(/…|: | \d+ |"other.test"|(?:unix:)?[\w.-]*[./][\w./-]*:\d+|unix:[\w./]+/)) {
      if (piece.length < 8) continue;
      pieces++;
      if (!code.includes(piece.trim())) unknown.push(piece);
    }
  }
  assert.ok(pieces > 20, `${pieces} pieces were compared`);
  assert.deepEqual(unknown, []);
});

function pagesBelow(folder: string): string[] {
  return filesBelow(folder, ".md");
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(ROOT, join(entry.parentPath ?? entry.path, entry.name)));
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The headings of a document as they are linked to: lower case, words joined by hyphens. */
function headings(file: string): string[] {
  return [...proseOf(read(file)).matchAll(/^#+ (.+)$/gm)].map(([, text = ""]) =>
    text
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(/\s/g, "-"),
  );
}

/** The part of docs/limits.md below a heading of the second level. */
function section(title: string): string {
  const [, after = ""] = limitsPage.split(`\n## ${title}\n`);
  return after.split("\n## ")[0] ?? "";
}

/** Name and default of each row of a section's tables. */
function rows(title: string): [name: string, value: string][] {
  const found = [...section(title).matchAll(/^\| `([\w.]+)` \| (.+?) \|/gm)].map(([, name = "", value = ""]): [string, string] => [
    name,
    value,
  ]);
  return found.filter(([name]) => name !== "limits.");
}

/** `4,096`, `16 MiB`, `none`, `true` as values. */
function valueIn(text: string): number | boolean {
  if (text === "true" || text === "false") return text === "true";
  if (text === "none") return Number.POSITIVE_INFINITY;
  const [, digits = "", unit] = /^([\d,]+)( MiB)?$/.exec(text) ?? [];
  assert.notEqual(digits, "", `"${text}" is no value`);
  return Number(digits.replaceAll(",", "")) * (unit === undefined ? 1 : 2 ** 20);
}

/** The default that a source file writes for an option: `options.name ?? 1_000`, `{ name = 1_000 }`; undefined: it writes none. */
function defaultIn(file: string, name: string): number | undefined {
  const [, text] = new RegExp(`\\b${name}(?: \\?\\?| =) ([\\d_]{2,}|[2-9]|Number\\.POSITIVE_INFINITY)`).exec(read(file)) ?? [];
  if (text === undefined) return undefined;
  return text.startsWith("Number") ? Number.POSITIVE_INFINITY : Number(text.replaceAll("_", ""));
}
