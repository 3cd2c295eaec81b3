// Joins the compiled modules behind the public entries into a few files in lib/: Node takes longer to find and load 180 modules than to run
// them (docs/decisions/0010-bundled-entries.md). Types stay in dist/, as compiled. Comments and spaces go, names stay: stack traces are read.
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { exports } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** `lib/node.js` comes from `dist/node/index.js`, the file beside its types. */
const input = {};
for (const { types, default: bundle } of Object.values(exports)) {
  if (bundle !== undefined) input[bundle.replace(/^\.\/lib\/|\.js$/g, "")] = join(ROOT, types.replace(/\.d\.ts$/, ".js"));
}

rmSync(join(ROOT, "lib"), { recursive: true, force: true });
const bundle = await rolldown({ input, external: [/^node:/, /^@bufbuild\//], platform: "neutral", logLevel: "warn" });
await bundle.write({
  dir: join(ROOT, "lib"),
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  // one file for all that is not bound to a platform, so that every entry shares the same classes
  codeSplitting: { groups: [{ name: "core", test: /[\\/]dist[\\/](?!node[\\/]|web[\\/]|testing[\\/])/ }] },
  minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
});
await bundle.close();
