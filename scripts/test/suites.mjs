// What `npm test` runs, in this order: cheap and telling first.
//
// A suite is a process. Its last line is `N passed, N failed[, N skipped]`; the same form earlier is progress (run-suite.mjs).
// It fetches the tools that it needs into .tools when it runs. What it cannot have here it skips aloud; with CI=true that is a failure.

/** CI=true: the long proofs are part of the run. */
export const CI = process.env.CI === "true";

const node = (...args) => [process.execPath, ...args];
const quick = CI ? [] : ["--quick"];

/**
 * name; command; file: what must exist for the suite to run; limitSeconds; byExitCode: counts as one test; ciOnly;
 * pending: the suite is not written yet, which is said in the result, and is a failure as soon as this word is taken away.
 */
export const suites = [
  {
    name: "lint",
    file: "biome.jsonc",
    command: node("node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "--reporter=summary", "."),
    byExitCode: true,
    limitSeconds: 30,
  },
  { name: "gen", file: "scripts/gen.mjs", command: node("scripts/gen.mjs", "--check"), limitSeconds: 60 },
  {
    name: "unit",
    file: "scripts/test/node-tests.mjs",
    command: node("--expose-gc", "--unhandled-rejections=strict", "scripts/test/node-tests.mjs"),
    limitSeconds: 420,
  },
  { name: "package", file: "test/package/check.mjs", command: node("test/package/check.mjs"), limitSeconds: 150 },
  { name: "entry points", file: "test/entry-points/check.mjs", command: node("test/entry-points/check.mjs"), limitSeconds: 120 },
  { name: "bundle", file: "bench/bundle.mjs", command: node("bench/bundle.mjs", "--modules", "0"), byExitCode: true, limitSeconds: 120 },
  { name: "demo", file: "scripts/start.mjs", command: node("scripts/start.mjs", "--once"), byExitCode: true, limitSeconds: 120 },
  { name: "examples", file: "examples/streams/run.mjs", command: node("examples/streams/run.mjs"), limitSeconds: 60 },
  { name: "hpack", file: "interop/hpack/check.mjs", command: node("interop/hpack/check.mjs"), limitSeconds: 240 },
  { name: "h2spec", file: "interop/h2spec.mjs", command: node("interop/h2spec.mjs"), limitSeconds: CI ? 420 : 300 },
  { name: "malformed", file: "interop/malformed/run.mjs", command: node("interop/malformed/run.mjs"), limitSeconds: 120 },
  { name: "hostile", file: "interop/hostile/run.mjs", command: node("interop/hostile/run.mjs", ...quick), limitSeconds: CI ? 600 : 300 },
  { name: "interop", file: "interop/run.mjs", command: node("interop/run.mjs", ...quick), limitSeconds: CI ? 600 : 240 },
  { name: "dubbo", file: "interop/dubbo/run.mjs", command: node("interop/dubbo/run.mjs", ...quick), limitSeconds: CI ? 600 : 480 },
  { name: "conformance", file: "conformance/run.mjs", command: node("conformance/run.mjs"), limitSeconds: CI ? 600 : 400 },
  { name: "protobuf", file: "conformance/protobuf/run.mjs", command: node("conformance/protobuf/run.mjs"), limitSeconds: 180 },
  { name: "browser", file: "interop/browser/run.mjs", command: node("interop/browser/run.mjs"), limitSeconds: CI ? 400 : 240 },
  { name: "compat", file: "interop/compat.mjs", command: node("interop/compat.mjs"), limitSeconds: 240 },
  { name: "connect-es", file: "interop/connect-es.mjs", command: node("interop/connect-es.mjs"), limitSeconds: 240 },
  {
    name: "lifecycle",
    file: "interop/lifecycle.mjs",
    command: node("interop/lifecycle.mjs", ...(CI ? ["--long"] : [])),
    limitSeconds: CI ? 400 : 300,
  },
  { name: "seeds", file: "interop/seeds/run.mjs", command: node("interop/seeds/run.mjs", ...quick), limitSeconds: CI ? 900 : 300 },
  { name: "storm", file: "interop/storm/run.mjs", command: node("interop/storm/run.mjs"), limitSeconds: CI ? 300 : 90 },
  { name: "abandon", file: "interop/abandon/run.mjs", command: node("interop/abandon/run.mjs"), limitSeconds: CI ? 240 : 90 },
  { name: "curl", file: "interop/curl.mjs", command: node("interop/curl.mjs"), limitSeconds: 300 },
  { name: "services", file: "interop/services.mjs", command: node("interop/services.mjs"), limitSeconds: 300 },
  { name: "fuzz", file: "scripts/fuzz.mjs", command: node("scripts/fuzz.mjs", "--seconds", CI ? "60" : "10"), limitSeconds: CI ? 180 : 90 },
  {
    name: "model",
    file: "test/model/check.ts",
    command: node("--unhandled-rejections=strict", "build/test/model/check.js"),
    limitSeconds: CI ? 600 : 120,
  },
  { name: "fresh clone", file: "scripts/fresh-clone.mjs", command: node("scripts/fresh-clone.mjs"), ciOnly: true, limitSeconds: 300 },
];
