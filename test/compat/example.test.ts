import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const EXAMPLE = fileURLToPath(new URL("../../../examples/coming-from-connect-es/", import.meta.url));

/* What the same application prints on connect-node: interop/connect-es.mjs compares. */
const SEEN = `say: you said hi, asked by Ada
say nothing: [invalid_argument] say something, try hello; the interceptor saw InvalidArgument
watch: 1,2,3, 3 sent
upload: 42 bytes
converse: A,B
after break: no handler runs
`;

test("the application of examples/coming-from-connect-es runs on Sluice, and its process ends", async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--unhandled-rejections=strict", join(EXAMPLE, "main.mjs")], {
    timeout: 20_000,
  });
  assert.deepEqual({ stdout, stderr }, { stdout: SEEN, stderr: "" });
});
