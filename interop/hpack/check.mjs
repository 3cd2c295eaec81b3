// Checks our HPACK against two others, in both directions: nghttp2 (through node:http2) and golang.org/x/net/http2/hpack.
// Needs `npm run build`. Without Go its half is skipped, with CI=true that is a failure. Last line: `N passed, N failed[, N skipped]`.
import { ToolMissing } from "../tools.mjs";
import { golangChecks } from "./golang.mjs";
import { nghttp2Checks } from "./nghttp2.mjs";

let passed = 0;
let failed = 0;
let skipped = 0;

async function check([name, action]) {
  try {
    console.log(`ok    ${name}: ${await action()} blocks`);
    passed++;
  } catch (error) {
    console.log(`FAIL  ${name}\n${String(error.stack).replace(/^/gm, "        ")}`);
    failed++;
  }
}

for (const each of nghttp2Checks) await check(each);
try {
  for (const each of await golangChecks()) await check(each);
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  if (process.env.CI === "true") {
    console.log(`FAIL  golang.org/x/net/http2/hpack\n        ${error.message}`);
    failed++;
  } else {
    console.log(`skip: golang.org/x/net/http2/hpack: ${error.message}`);
    skipped++;
  }
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
