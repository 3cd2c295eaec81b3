import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { cyclesOf } from "./cycle.js";
import { importsOf, resolveImport } from "./imports.js";
import { type Token, tokensOf } from "./tokens.js";

/** Source text by path below src, with slashes. */
export type Sources = ReadonlyMap<string, string>;
/** What each layer may import besides itself; `x/*` means the subfolders of x. */
export type Table = Record<string, readonly string[]>;

export function readSources(folder: string): Sources {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return new Map(names.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(folder, name), "utf8")]));
}

/** `rpc/code.ts` is in `rpc`, `protocol/grpc/status.ts` in `protocol/grpc`, `index.ts` in `index.ts`. */
export function layerOf(file: string): string {
  const [first, second, third] = file.split("/") as [string, string | undefined, string | undefined];
  return first === "protocol" && third !== undefined ? `${first}/${second}` : first;
}

/** Imports that the table does not allow, that lead out of src, or that are of a package which is no dependency. */
export function importFaults(sources: Sources, table: Table): string[] {
  const faults: string[] = [];
  for (const [file, source] of sources) {
    if (isTest(file)) continue;
    for (const { specifier, line } of importsOf(tokensOf(source))) {
      const where = `${file}:${line} imports ${specifier}`;
      const target = resolveImport(file, specifier);
      if (target === undefined) {
        if (!mayUse(file, specifier)) faults.push(`${where}: not a dependency`);
      } else if (target.startsWith("..")) faults.push(`${where}: outside of src`);
      else if (!allows(table, layerOf(file), layerOf(target))) faults.push(`${where}: ${layerOf(file)} may not import ${layerOf(target)}`);
    }
  }
  return faults;
}

/** `compat/LIBRARY` uses the library that it stands in for, an optional peer dependency. */
function mayUse(file: string, specifier: string): boolean {
  if (specifier === "@connectrpc/connect") return file.startsWith("compat/connect-es/");
  return /^node:|^@bufbuild\/protobuf(\/|$)/.test(specifier);
}

function allows(table: Table, from: string, to: string): boolean {
  return from === to || (table[from] ?? []).some((row) => row === to || (row.endsWith("/*") && to.startsWith(row.slice(0, -1))));
}

/** Rows that allow what is no row. */
export function unknownRows(table: Table): string[] {
  const known = (row: string) => row in table || row.endsWith("/*");
  return Object.entries(table).flatMap(([layer, rows]) => rows.filter((row) => !known(row)).map((row) => `${layer}: ${row}`));
}

export function cycles(sources: Sources): string[] {
  const edges = new Map<string, string[]>();
  for (const [file, source] of sources) {
    const targets = importsOf(tokensOf(source)).map(({ specifier }) => resolveImport(file, specifier));
    edges.set(
      file,
      targets.filter((target) => target !== undefined),
    );
  }
  return cyclesOf(edges).map((cycle) => cycle.join(" > "));
}

export function testImports(sources: Sources): string[] {
  return [...sources]
    .filter(([file]) => !isTest(file))
    .flatMap(([file, source]) => importsOf(tokensOf(source)).map(({ specifier, line }) => ({ file, specifier, line })))
    .filter(({ specifier }) => /\.test\.js$|^node:test$/.test(specifier))
    .map(({ file, line, specifier }) => `${file}:${line} imports ${specifier}`);
}

/** Where a platform is touched outside of the platform layers: by the name of a global, or by a `node:` import. */
export function platformFaults(sources: Sources, platform: readonly string[]): string[] {
  const faults: string[] = [];
  for (const [file, source] of sources) {
    if (isTest(file) || platform.includes(layerOf(file))) continue;
    const tokens = tokensOf(source);
    for (const { line, text } of platformNames(tokens)) faults.push(`${file}:${line} names ${text}`);
    for (const { specifier, line } of importsOf(tokens))
      if (specifier.startsWith("node:")) faults.push(`${file}:${line} imports ${specifier}`);
  }
  return faults;
}

function platformNames(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, index) => {
    if (token.kind !== "name") return false;
    const before = tokens[index - 1]?.text;
    if (before === "." || before === "?.") return token.text === "random" && tokens[index - 2]?.text === "Math";
    const isKey = tokens[index + 1]?.text === ":" && (before === "{" || before === "," || before === ";" || before === "readonly");
    return PLATFORM_NAMES.has(token.text) && !isKey;
  });
}

const PLATFORM_NAMES = new Set(
  [
    ["Date", "performance", "setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "clearImmediate"],
    ["queueMicrotask", "process", "Buffer", "global", "require", "console", "crypto", "fetch", "navigator"],
    ["WebSocket", "MessageChannel", "MessagePort", "XMLHttpRequest", "ReadableStream", "WritableStream", "TransformStream"],
  ].flat(),
);

export function longFiles(sources: Sources, most: number): [string, number][] {
  return [...sources].map(([file, source]): [string, number] => [file, source.split("\n").length - 1]).filter(([, lines]) => lines > most);
}

/** Files whose name says nothing, so that anything ends up in them. */
export function emptyNames(sources: Sources): string[] {
  return [...sources.keys()].filter((file) => EMPTY_NAMES.test(basename(file).replace(/(\.test)?\.ts$/, "")));
}

const EMPTY_NAMES = /^(utils?|helpers?|common|types?|misc|shared|stuff|tools?)$|(^|-)(manager|helper|utils?)$/;

function isTest(file: string): boolean {
  return file.endsWith(".test.ts");
}
