// `node bench/bundle.mjs [--modules N] [--of page|web]`: what a page pays for a client of one unary and one server-streaming method, with `sluice/page`
// and with `sluice/web`, beside the same page with @connectrpc/connect-web, and which of our modules the bytes are in (the first N, default 40, of the
// one or the other, default page). @bufbuild/protobuf and the schema are left out: all pages need the same; some rows have them, for what else a client
// makes of protobuf-es. Sizes in bytes: minified, and that gzipped. More than connect-web with `sluice/page` is a failure.
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { minify } from "rolldown/utils";
import { BENCH, ROOT } from "./harness/paths.mjs";
import { run } from "./harness/run-command.mjs";

const { values } = parseArgs({ options: { modules: { type: "string", default: "40" }, of: { type: "string", default: "page" } } });
const PEERS = join(BENCH, "peers", "web");
/** Our pages, by the entry that they use. */
const OURS = { page: join(BENCH, "pages", "page.mjs"), web: join(BENCH, "pages", "web.mjs") };
if (!(values.of in OURS)) throw new Error(`--of is page or web, not ${values.of}`);
const { exports: entries, devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** The schema, and the one protobuf-es that it and the clients share. */
const PROTOBUF = {
  schema: join(ROOT, "build", "gen", "bench_pb.js"),
  "@bufbuild/protobuf": join(ROOT, "node_modules", "@bufbuild", "protobuf", "dist", "esm"),
};

const rows = [];
for (const [name, page] of Object.entries(OURS)) {
  rows.push([`sluice/${name}`, sizes((await bundle(page, entry("default"), true)).code)]);
  rows.push([`sluice/${name}, its modules by themselves`, sizes((await bundle(page, entry("types"), true)).code)]);
  rows.push([`sluice/${name}, with protobuf-es`, sizes((await bundle(page, { ...entry("types"), ...PROTOBUF }, true)).code)]);
}
try {
  if (!existsSync(join(PEERS, "node_modules", "@connectrpc", "connect-web"))) {
    await run("npm", ["install", "--prefix", PEERS, "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: PEERS });
  }
  const theirs = join(PEERS, "page.mjs");
  rows.push(["connect-web", sizes((await bundle(theirs, {}, true)).code)]);
  rows.push(["connect-web, with protobuf-es", sizes((await bundle(theirs, PROTOBUF, true)).code)]);
} catch (error) {
  console.log(`skip connect-web: ${error.message}`);
  if (process.env.CI === "true") process.exitCode = 1;
}

console.log(`rolldown ${devDependencies.rolldown}, gzip -9`);
for (const [name, { minified, gzipped }] of rows) line(name, minified, gzipped);
const [ours, theirs] = ["sluice/page", "connect-web"].map((name) => rows.find(([row]) => row === name)?.[1].gzipped);
if (theirs !== undefined) {
  console.log(`sluice/page is ${(ours / theirs).toFixed(3)} of connect-web; the bar is 1`);
  if (ours > theirs) process.exitCode = 1;
}

const modules = await bundle(OURS[values.of], entry("types"), false);
const parts = await Promise.all(
  Object.entries(modules.modules).map(async ([id, { code }]) => ({
    name: relative(join(ROOT, "dist"), id),
    code: await minified(code ?? ""),
  })),
);
const whole = gzipped(parts);
for (const part of parts) part.gzipped = whole - gzipped(parts.filter((other) => other !== part));
parts.sort((a, b) => b.gzipped - a.gzipped);

console.log(`\nsluice/${values.of} by module: bytes minified, and what leaving it out would take off the gzipped whole`);
for (const { name, code, gzipped: less } of parts.slice(0, Number(values.modules))) line(name, code.length, less);
console.log("\nby folder");
for (const folder of new Set(parts.map(({ name }) => name.split("/")[0]))) {
  const inside = parts.filter(({ name }) => name.startsWith(`${folder}/`));
  const outside = parts.filter((part) => !inside.includes(part));
  line(`${folder}/ (${inside.length})`, inside.map(({ code }) => code).join("").length, whole - gzipped(outside));
}

function line(name, bytes, less) {
  console.log(`${name.padEnd(40)}${String(bytes).padStart(8)}${String(less).padStart(8)}`);
}

function gzipped(list) {
  return gzipSync(list.map(({ code }) => code).join("\n"), { level: 9 }).length;
}

/** Where the package's entries are: bundled (`default`), or the modules beside their types. */
function entry(kind) {
  const alias = {};
  for (const [name, target] of Object.entries(entries)) {
    if (target[kind] !== undefined) alias[`sluice${name.slice(1)}`] = join(ROOT, target[kind].replace(/\.d\.ts$/, ".js"));
  }
  return alias;
}

async function bundle(input, alias, minify) {
  const build = await rolldown({
    input,
    external: alias.schema === undefined ? ["schema", /^@bufbuild\/protobuf/] : [],
    platform: "browser",
    // the longer names first: "sluice" begins them all
    resolve: { alias: Object.fromEntries(Object.entries(alias).sort(([a], [b]) => b.length - a.length)) },
    logLevel: "warn",
  });
  try {
    const { output } = await build.generate({ format: "esm", minify, codeSplitting: false });
    return output[0];
  } finally {
    await build.close();
  }
}

function sizes(code) {
  return { minified: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
}

/** A module by itself, wrapped so that what it declares is local, and kept though nobody uses it. */
async function minified(code) {
  const options = { compress: { unused: false }, mangle: true, codegen: { removeWhitespace: true } };
  const result = await minify("part.js", `globalThis.part = () => {\n${code}\n}`, options);
  if (result.errors.length > 0) throw new Error(result.errors[0].message);
  return result.code;
}
