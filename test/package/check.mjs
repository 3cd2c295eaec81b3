// The package as users get it: packed, read by the linters of packages, installed in a folder of its own, compiled against by strict
// programs with two compilers and two ways of resolution, and run. Last line: `N passed, N failed`.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { install, installTools, npm, ROOT, run, VERSIONS } from "./tools.mjs";

const STRICT = { strict: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, target: "es2022" };
const NO_PLATFORM = { ...STRICT, lib: ["es2022"], types: [] };
const WITH_DOM = { ...STRICT, lib: ["es2022", "dom", "dom.iterable", "esnext.disposable"], types: [] };
const RESOLUTIONS = [
  { module: "node16", moduleResolution: "node16" },
  { module: "esnext", moduleResolution: "bundler" },
];

const EXPECTED = [
  "unary 2 a Unary",
  "error not_found no such payload",
  "server 0,1,2",
  "client 5",
  "bidi hello",
  "close ok",
  "interceptor Unary ok",
  "interceptor Unary not_found",
  "interceptor Server ok",
  "interceptor Client ok",
  "interceptor Bidi ok",
  "in memory 3",
  "interleavings 15",
];

let passed = 0;
let failed = 0;
const work = mkdtempSync(join(tmpdir(), "sluice-package-"));

try {
  await main();
} catch (error) {
  report("the check itself", error);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function main() {
  const tools = await installTools();
  const compilers = ["typescript-5.9", "typescript-7"].map((name) => ({ name, tsc: join(tools, name, "bin", "tsc") }));
  const [packed] = JSON.parse(await npm(["pack", "--ignore-scripts", "--json", "--pack-destination", work]));
  const tarball = join(work, packed.filename);
  const files = packed.files.map((file) => file.path);

  await check("the tarball has what it should and nothing else", () => checkContents(files));
  await check("publint", () => run(process.execPath, [join(tools, "publint", "src", "cli.js"), tarball, "--strict"]));
  const attw = join(tools, "@arethetypeswrong", "cli", "dist", "index.js");
  await check("attw", () => run(process.execPath, [attw, tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]));

  const consumer = join(work, "consumer");
  await install(consumer, { sluice: `file:${tarball}`, "@bufbuild/protobuf": VERSIONS.protobuf });
  cpSync(join(ROOT, "test", "package", "consumer"), consumer, { recursive: true });
  cpSync(join(ROOT, "gen", "bench_pb.ts"), join(consumer, "bench_pb.ts"));
  for (const compiler of compilers) {
    for (const resolution of RESOLUTIONS) {
      const where = `${compiler.name}, ${resolution.moduleResolution}`;
      const strict = { ...NO_PLATFORM, ...resolution };
      await check(`a strict consumer compiles: ${where}`, () =>
        compile(compiler, consumer, strict, ["main.ts", "entries.ts"], `out-${where}`),
      );
      await check(`… and runs: ${where}`, async () => {
        const { run: runConsumer } = await import(pathToFileURL(join(consumer, `out-${where}`, "main.js")).href);
        assert.deepEqual(await runConsumer(), EXPECTED);
      });
    }
    const withDom = { ...WITH_DOM, ...RESOLUTIONS[0] };
    await check(`a consumer with DOM types and await using compiles: ${compiler.name}`, () =>
      compile(compiler, consumer, withDom, ["platform.ts"]),
    );
  }

  const oldest = join(work, "oldest");
  await install(oldest, { sluice: `file:${tarball}`, "@bufbuild/protobuf": VERSIONS.oldestProtobuf });
  cpSync(join(ROOT, "test", "package", "consumer", "entries.ts"), join(oldest, "entries.ts"));
  await check(`every entry compiles and loads beside protobuf ${VERSIONS.oldestProtobuf}`, async () => {
    await compile(compilers[0], oldest, { ...NO_PLATFORM, ...RESOLUTIONS[0] }, ["entries.ts"], "out");
    await import(pathToFileURL(join(oldest, "out", "entries.js")).href);
  });
}

function checkContents(files) {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const targets = Object.values(manifest.exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
  for (const target of targets) assert.ok(files.includes(target.slice(2)), `${target} is exported and not packed`);
  for (const name of ["LICENSE", "README.md", "package.json"]) assert.ok(files.includes(name), `${name} is missing`);
  const stray = files.filter(
    (file) => !/^(LICENSE|README\.md|package\.json|lib\/[^.].*\.js|dist\/[^.].*\.d\.ts)$/.test(file) || /\.test\./.test(file),
  );
  assert.deepEqual(stray, []);
  for (const file of files.filter((name) => existsSync(join(ROOT, name)) && name.endsWith(".js"))) {
    assert.doesNotMatch(readFileSync(join(ROOT, file), "utf8"), /sourceMappingURL/, `${file} names a source map that is not packed`);
  }
}

async function compile(compiler, folder, compilerOptions, files, output) {
  const emit = output === undefined ? { noEmit: true } : { outDir: output };
  const project = `tsconfig.${basename(compiler.name)}.json`;
  writeFileSync(join(folder, project), JSON.stringify({ compilerOptions: { ...compilerOptions, ...emit }, files }));
  if (output !== undefined) mkdirSync(join(folder, output), { recursive: true });
  await run(process.execPath, [compiler.tsc, "-p", project], folder);
}

async function check(name, work) {
  try {
    await work();
    passed++;
    console.log(`  ok    ${name}`);
  } catch (error) {
    report(name, error);
  }
}

function report(name, error) {
  failed++;
  const text = error instanceof assert.AssertionError ? error.message : (error?.message ?? String(error));
  console.log(`  FAIL  ${name}\n${text.trimEnd().replace(/^/gm, "        ")}`);
}
