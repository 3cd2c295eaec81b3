import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cycles,
  emptyNames,
  importFaults,
  longFiles,
  platformFaults,
  type Sources,
  type Table,
  testImports,
  unknownRows,
} from "./checks.js";

const TABLE: Table = {
  base: [],
  rpc: ["base"],
  protocol: ["base"],
  "protocol/grpc": ["base", "protocol"],
  client: ["base", "protocol", "protocol/*"],
  server: ["base"],
};
const FILES = { "base/a.ts": "export const a = 1;", "rpc/b.ts": 'import { a } from "../base/a.js";' };

const importFaultsOf = (sources: Record<string, string>) => importFaults(tree({ ...FILES, ...sources }), TABLE);
const platformFaultsOf = (sources: Record<string, string>) => platformFaults(tree(sources), ["node"]);

test("a good tree has no fault", () => {
  const good = tree(FILES);
  assert.deepEqual([importFaultsOf({}), cycles(good), testImports(good), platformFaultsOf(FILES), emptyNames(good)], [[], [], [], [], []]);
});

test("an upward import is found: of a value, of a type, by import(), by re-export, over several lines", () => {
  const ways = [
    'import { b } from "../rpc/b.js";',
    'import type { B } from "../rpc/b.js";',
    'export * from "../rpc/b.js";',
    'let b: import("../rpc/b.js").B;',
    "import {\n  a,\n  b,\n} from '../rpc/b.js';",
    'import "../rpc/b.js";',
  ];
  for (const way of ways) assert.equal(importFaultsOf({ "base/a.ts": way }).length, 1, way);
});

test("an import of a sibling, of a folder outside src and of an unknown package is found", () => {
  const faults = (file: string, specifier: string) => importFaultsOf({ [file]: `import "${specifier}";` }).length;
  assert.equal(faults("protocol/envelope.ts", "./grpc/status.js"), 1);
  assert.equal(faults("protocol/grpc/status.ts", "../envelope.js"), 0);
  assert.equal(faults("client/client.ts", "../protocol/grpc/index.js"), 0);
  assert.equal(faults("client/client.ts", "../server/server.js"), 1);
  assert.equal(faults("client/client.ts", "../../test/x.js"), 1);
  assert.equal(faults("client/client.ts", "../index.js"), 1);
  assert.equal(faults("rpc/codec.ts", "left-pad"), 1);
  assert.equal(faults("rpc/codec.ts", "@bufbuild/protobuf/wkt"), 0);
});

test("an import in a comment, a string, a template or a regular expression is none", () => {
  const texts = [
    '// import "../rpc/b.js"',
    '/* from "../rpc/b.js" */',
    "const s = 'from \"../rpc/b.js\"';",
    'x = `from "${s}../rpc/b.js"`;',
    '/from "x"/;',
  ];
  for (const text of texts) assert.deepEqual(importFaultsOf({ "base/a.ts": text }), [], text);
});

test("a cycle is found, over two files, over three, and of types only; a diamond is none", () => {
  assert.deepEqual(cycles(tree({ "base/a.ts": 'import "./b.js";', "base/b.ts": 'import "./a.js";' })), [
    "base/a.ts > base/b.ts > base/a.ts",
  ]);
  const three = {
    "base/a.ts": 'import "./b.js";',
    "base/b.ts": 'import type { C } from "./c.js";',
    "base/c.ts": 'export * from "./a.js";',
  };
  assert.deepEqual(cycles(tree(three)), ["base/a.ts > base/b.ts > base/c.ts > base/a.ts"]);
  assert.deepEqual(
    cycles(tree({ "base/a.ts": 'import "./b.js"; import "./c.js";', "base/b.ts": 'import "./c.js";', "base/c.ts": "" })),
    [],
  );
});

test("a clock, a timer, dice, a global and a node: module are found, with their line, outside of the platform's folder", () => {
  const uses = [
    "Date.now()",
    "new Date()",
    "setTimeout(f, 1)",
    "Math.random()",
    "Math . random()",
    "Buffer.from(x)",
    "x = process.env",
    "`${Date}`",
  ];
  for (const use of [...uses, 'import { x } from "node:net"']) {
    const faults = platformFaultsOf({ "base/a.ts": `\n${use};` });
    assert.equal(faults.length, 1, use);
    assert.match(faults[0] as string, /^base\/a\.ts:2 /);
    assert.deepEqual(platformFaultsOf({ "node/a.ts": use }), [], use);
  }
});

test("the same words in comments, strings, members, keys, tests and regular expressions are no fault", () => {
  const innocent = [
    "// Date.now()",
    "/* setTimeout */",
    '"Date"',
    "`process`",
    "a.process()",
    "a?.Date",
    "({ process: 1 })",
    "/Date/.test(x)",
  ];
  for (const text of innocent) assert.deepEqual(platformFaultsOf({ "base/a.ts": text }), [], text);
  assert.deepEqual(platformFaultsOf({ "base/a.test.ts": 'import "node:test"; Date.now();' }), []);
});

test("a division is not taken for a regular expression, nor a brace in a template for its end", () => {
  assert.equal(platformFaultsOf({ "base/a.ts": "const x = a[0] / b; Date; const y = c / d;" }).length, 1);
  assert.equal(platformFaultsOf({ "base/a.ts": "const x = `${{ a: `${b}` }}`; Date;" }).length, 1);
  assert.equal(platformFaultsOf({ "base/a.ts": "const x = `Date ${a} Date`;" }).length, 0);
});

test("an import of a test, a long file, an empty name and a row that names an unknown folder are found", () => {
  assert.equal(testImports(tree({ "base/a.ts": 'import "./b.test.js";' })).length, 1);
  assert.equal(testImports(tree({ "base/a.test.ts": 'import "./b.test.js";' })).length, 0);
  assert.deepEqual(longFiles(tree({ "base/a.ts": "\n".repeat(401), "base/b.ts": "\n".repeat(400) }), 400), [["base/a.ts", 401]]);
  assert.equal(emptyNames(tree({ "base/utils.ts": "", "rpc/types.ts": "", "rpc/call-manager.ts": "", "rpc/media-type.ts": "" })).length, 3);
  assert.deepEqual(unknownRows({ base: ["gone"], rpc: ["base", "protocol/*"] }), ["base: gone"]);
});

function tree(sources: Record<string, string>): Sources {
  return new Map(Object.entries(sources));
}
