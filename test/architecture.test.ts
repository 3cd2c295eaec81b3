import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  cycles,
  emptyNames,
  importFaults,
  layerOf,
  longFiles,
  platformFaults,
  readSources,
  type Table,
  testImports,
  unknownRows,
} from "./architecture/checks.js";
import { tokensOf } from "./architecture/tokens.js";

/**
 * The layers of src, bottom to top, and what each may import besides itself. Files straight in src are rows of their own.
 * `protocol` are the files straight in that folder, `protocol/*` its subfolders. A new folder begins with its row here.
 */
const TABLE: Table = {
  base: [],
  http2: ["base"],
  rpc: ["base"],
  exchange: ["base", "rpc"],
  observe: ["base"],
  call: ["base", "rpc", "exchange", "observe"],
  protocol: ["base", "rpc", "exchange"],
  "protocol/grpc": ["base", "rpc", "exchange", "protocol"],
  "protocol/grpc-web": ["base", "rpc", "exchange", "protocol", "protocol/grpc"],
  "protocol/connect": ["base", "rpc", "exchange", "protocol"],
  "protocol/triple": ["base", "rpc", "exchange", "protocol", "protocol/grpc", "protocol/connect"],
  transport: ["base", "http2", "rpc", "exchange", "observe"],
  client: ["base", "rpc", "exchange", "call", "protocol", "protocol/*", "transport", "observe"],
  server: ["base", "rpc", "exchange", "call", "protocol", "protocol/*", "transport", "observe"],
  services: ["base", "rpc", "observe", "client", "server"],
  node: ["base", "http2", "rpc", "exchange", "observe", "call", "protocol", "protocol/*", "transport", "client", "server"],
  web: ["base", "rpc", "exchange", "observe", "call", "protocol", "protocol/*", "transport", "client", "server"],
  page: ["base", "rpc", "call", "protocol", "protocol/connect", "client", "web"],
  testing: ["base", "http2", "rpc", "exchange", "observe", "call", "protocol", "protocol/*", "transport", "client", "server"],
  compat: ["base", "rpc", "client", "server"],
  // What users import as "sluice".
  "index.ts": ["base", "rpc", "exchange", "observe", "call", "client", "server"],
};

/**
 * The only folders that may touch a platform; `testing` since virtual time has to let real promises settle. What the others need of
 * one they are given: bytes and `now` in, bytes and events out, and `Runtime` where something has to happen later.
 */
const PLATFORM = ["node", "web", "page", "testing", "compat"];

/** Lines of a file: above the first somebody should ask why, above the second it is two files. Data tables are as long as they are. */
const WANTED_LINES = 250;
const MAX_LINES = 400;
const DATA_TABLES = ["http2/hpack/huffman-table.ts", "http2/hpack/static-table.ts"];

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const sources = readSources(join(ROOT, "src"));

test("every folder of src has a row in the table, and every row names rows", () => {
  const layers = new Set([...sources.keys()].map(layerOf));
  assert.deepEqual(
    [...layers].filter((layer) => !(layer in TABLE)),
    [],
  );
  assert.deepEqual(unknownRows(TABLE), []);
});

test("imports go down only, as the table says", () => {
  assert.deepEqual(importFaults(sources, TABLE), []);
});

test("no import cycle, counting types, inside folders too", () => {
  assert.deepEqual(cycles(sources), []);
});

test("no source file imports a test", () => {
  assert.deepEqual(testImports(sources), []);
});

test("outside of the platform folders there is no clock, no timer, no randomness, no global of a platform, no node: module", () => {
  assert.deepEqual(platformFaults(sources, PLATFORM), []);
});

test("the pure layers compile where no platform is declared", () => {
  const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", "tsconfig.pure.json"], { cwd: ROOT, encoding: "utf8" });
  } catch (error) {
    assert.fail((error as { stdout?: string }).stdout ?? String(error));
  }
});

test(`no file is longer than ${MAX_LINES} lines`, (t) => {
  const code = new Map([...sources].filter(([file]) => !DATA_TABLES.includes(file)));
  for (const [file, lines] of longFiles(code, WANTED_LINES)) if (lines <= MAX_LINES) t.diagnostic(`src/${file} has ${lines} lines`);
  assert.deepEqual(longFiles(code, MAX_LINES), []);
});

test("every file is named after what it holds", () => {
  assert.deepEqual(emptyNames(sources), []);
});

test("src/index.ts only re-exports", () => {
  const tokens = tokensOf(sources.get("index.ts") ?? "import");
  assert.deepEqual(
    tokens.filter(({ text }) => /^(import|const|let|function|class)$/.test(text)).map(({ line }) => `index.ts:${line}`),
    [],
  );
});
