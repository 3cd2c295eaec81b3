// The binary codec beside protobuf-es's own functions: the same bytes of the same messages, the same messages of the same bytes, and the same
// errors. All is random, from seeds that a failure names; the counts are fixed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { compareMessages, compareMutants } from "./compare.js";
import { SUBJECTS } from "./subjects.js";

const MESSAGES = 60;
const MUTANTS = 3_000;

for (const [index, subject] of SUBJECTS.entries()) {
  test(`${subject.name}: messages are encoded and decoded as by protobuf-es, and so are bytes with mistakes in them`, () => {
    const encodings = compareMessages(subject, 1_000 + index, MESSAGES);
    assert.equal(encodings.length, MESSAGES, "messages that could be encoded");
    const decodable = compareMutants(subject, encodings, 2_000 + index, MUTANTS);
    assert.ok(decodable > MUTANTS / 5 && decodable < (MUTANTS * 4) / 5, `${decodable} of ${MUTANTS} mutants could be decoded`);
  });
}

test("without bigint, messages with 64 bits are encoded and decoded as by protobuf-es", async () => {
  const program = fileURLToPath(new URL("without-bigint.js", import.meta.url));
  const env = { ...process.env, BUF_BIGINT_DISABLE: "1" };
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env, timeout: 30_000 });
  assert.equal(stdout, "1800 compared\n");
});
