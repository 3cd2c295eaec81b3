import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { blocksOf } from "../documents/blocks.js";
import { ROOT } from "../documents/project.js";

const page = readFileSync(join(ROOT, "docs", "testing.md"), "utf8");
const example = ["rooms.mjs", "scenario.mjs"].map((file) => readFileSync(join(ROOT, "examples", "testing", file), "utf8")).join("\n");

test("the example finds the bug of the careless handler and none in the careful one, and prints what docs/testing.md says", () => {
  const printed = execFileSync(process.execPath, ["examples/testing/run.mjs"], { cwd: ROOT, encoding: "utf8" });
  const [shown] = blocksOf(page).filter(({ language }) => language === "text");
  assert.equal(printed, shown?.text);
  assert.match(printed, /^careless: .+ still runs/);
  assert.match(printed, /\ncareful: holds in /);
});

test("the code of the example is that of docs/testing.md", () => {
  const plain = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll("export ", "");
  const shown = blocksOf(page).filter(({ language }) => language === "js");
  assert.equal(shown.length, 2);
  for (const { text, line } of shown) assert.ok(plain(example).includes(plain(text).trim()), `the block of line ${line}`);
});
