// Joins the compiled modules behind the public entries into a few files in lib/: Node takes longer to find and load 180 modules than to run
// them (docs/decisions/0010-bundled-entries.md). Types stay in dist/, as compiled. Comments, spaces and the names of variables and #private members
// go; those of functions, classes and other methods stay: stack traces are read.
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

/** Modules below dist whose path begins like this. */
function below(path) {
  return new RegExp(`[\\\\/]dist[\\\\/]${path.replaceAll("/", "[\\\\/]")}`);
}

rmSync(join(ROOT, "lib"), { recursive: true, force: true });
const bundle = await rolldown({
  input,
  preserveEntrySignatures: "allow-extension",
  external: [/^node:/, /^@bufbuild\//, "@connectrpc/connect"],
  platform: "neutral",
  logLevel: "warn",
});
await bundle.write({
  dir: join(ROOT, "lib"),
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  // Few files for all that is not bound to a platform, so that every entry shares the same classes; apart is what a page does without: bundlers
  // drop a file of which nothing is used, but of a file that is used they keep what they cannot know to have no effect. Entries are files of
  // their own, which export what they should and nothing else.
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      // with what they need: all that the small client of a page shares with the others
      {
        name: "errors",
        test: below("(?:rpc/(?:outcome|json-codec)|call/limits|protocol/(?:foreign-answer|metadata-fields|connect/end-stream))"),
        includeDependenciesRecursively: true,
        priority: 3,
      },
      // what pages do without: the engine, and servers
      {
        name: "serving",
        test: below(
          "(?:(?:http2|transport|server)/(?!index)|protocol/[a-z-]*/(?:.*server|servers|refusals|request-reader|response-heads|argument-codec|wrapper-codec))",
        ),
        priority: 2,
      },
      { name: "core", test: below("(?!node/|web/|page/|testing/|compat/|services/|(?:http2|client|server)/index|index)"), priority: 1 },
    ],
  },
  minify: { mangle: { toplevel: true, keepNames: true }, compress: true, codegen: { removeWhitespace: true } },
});
await bundle.close();
