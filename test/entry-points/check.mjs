// The programs that others start, as they start them: `bench/serve.mjs`, `bench/load.mjs`, `interop/server.mjs`, `interop/client.mjs`.
// Short loads that prove that each works and ends, not how fast it is. Last line: `N passed, N failed`.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const LINE_LIMIT_MS = 15_000;
const END_LIMIT_MS = 15_000;
const STATISTICS = [
  ["heap_inuse", "heap_alloc", "rss_before_gc", "rss"],
  ["open_streams", "open_connections", "handler_exits", "exits_ctx_canceled"],
].flat();

let passed = 0;
let failed = 0;

for (const tls of [[], ["--tls"]]) await benchPrograms(tls);
for (const tls of [[], ["--tls"]]) await interopPrograms(tls);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function benchPrograms(tls) {
  const title = `bench${tls.length > 0 ? ", TLS" : ""}`;
  await withServer(title, ["bench/serve.mjs", "--port", "0", ...tls], async (server, addr) => {
    for (const mode of ["unary", "server", "client", "bidi"]) {
      await check(`${title}: load --mode ${mode}`, async () => {
        const load = program(["bench/load.mjs", "--addr", addr, "--mode", mode, "--c", "4", "--conns", "2", "--seconds", "0.4", ...tls]);
        const result = JSON.parse(await load.line());
        assert.equal(result.errors, 0);
        assert.ok(result.n > 0, "no call was made");
        assert.equal(await load.end(), 0);
      });
    }
    await check(`${title}: idle streams are held, counted on SIGUSR2 and given up with their client`, async () => {
      const idle = program(["bench/load.mjs", "--addr", addr, "--mode", "idle", "--c", "4", "--conns", "1", ...tls]);
      assert.equal(JSON.parse(await idle.line()).open, 4);
      const statistics = await statisticsOf(server);
      for (const name of STATISTICS) assert.equal(typeof statistics[name], "number", name);
      assert.equal(statistics.open_streams, 4);
      idle.kill("SIGKILL");
      await idle.end();
      let after = await statisticsOf(server);
      for (let i = 0; i < 50 && after.open_streams > 0; i++) after = await statisticsOf(server);
      assert.equal(after.open_streams, 0);
      assert.equal(after.open_connections, 0);
    });
  });
}

async function interopPrograms(tls) {
  const title = `interop${tls.length > 0 ? ", TLS" : ""}`;
  await withServer(title, ["interop/server.mjs", "--port", "0", ...tls], async (_server, addr) => {
    const client = (name) => program(["interop/client.mjs", "--addr", addr, "--case", name, ...tls]);
    await check(`${title}: a case that holds exits 0`, async () => assert.equal(await client("empty_unary").end(), 0));
    await check(`${title}: a case that nobody knows does not exit 0`, async () => assert.notEqual(await client("no_such_case").end(), 0));
  });
}

async function withServer(title, args, use) {
  const server = program(args);
  let addr;
  await check(`${title}: the server says where it listens`, async () => {
    const match = /^listening on (127\.0\.0\.1:\d+)$/.exec(await server.line());
    assert.ok(match, "no line `listening on 127.0.0.1:N`");
    addr = match[1];
  });
  if (addr !== undefined) await use(server, addr);
  server.kill("SIGTERM");
  await check(`${title}: SIGTERM drains the server`, async () => assert.equal(await server.end(), 0));
}

async function statisticsOf(server) {
  server.kill("SIGUSR2");
  return JSON.parse(await server.line());
}

/** A program as a process: `line()` the next line it prints, `end()` its exit code; both fail when it takes too long. */
function program(args) {
  const child = spawn(process.execPath, ["--expose-gc", ...args], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors = (errors + text).slice(-4000);
  });
  const exit = new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? code)));
  return {
    kill: (signal) => child.kill(signal),
    line: async () => {
      const { value, done } = await within(LINE_LIMIT_MS, lines.next(), `${args[0]} prints nothing`);
      if (done) throw new Error(`${args[0]} ended (${await exit}) without a line\n${errors}`);
      return value;
    },
    end: () =>
      within(END_LIMIT_MS, exit, `${args[0]} does not end`).catch((error) => {
        child.kill("SIGKILL");
        throw error;
      }),
  };
}

async function within(limitMs, promise, otherwise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${otherwise} for ${limitMs / 1000} s`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function check(name, work) {
  try {
    await work();
    passed++;
    console.log(`  ok    ${name}`);
  } catch (error) {
    failed++;
    console.log(`  FAIL  ${name}\n${(error?.stack ?? String(error)).replace(/^/gm, "        ")}`);
  }
}
