// A real browser: Debian's Chromium runs sluice/web, connect-web and grpc-web's own client against Sluice's server, over HTTP/1.1 in the clear and HTTP/2 with TLS.
//   node interop/browser/run.mjs
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { equal, until } from "../checks.mjs";
import { Finding, Report } from "../report.mjs";
import { npmFolder, ToolMissing } from "../tools.mjs";
import { ends, startServers } from "./servers.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const CHROMIUM = "/usr/bin/chromium";
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update --disable-sync".split(
    " ",
  );
/** The handler of a stream that is left has to hear of it in this time. */
const HEARD_MS = 100;

const report = new Report({ countsSkips: true });
try {
  await run(await npmFolder(join(HERE, "packages.json"), "playwright, grpc-web and connect-web"));
} catch (error) {
  if (!(error instanceof ToolMissing)) throw error;
  report.missing("the browser", error.message);
}
report.end();
process.exit();

async function run(peers) {
  await needChromium();
  const require = createRequire(join(peers, "package.json"));
  const { chromium } = require("playwright-core");
  const servers = await startServers(await bundle(peers));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, "--ignore-certificate-errors"] });
  try {
    for (const [name, server] of [
      ["HTTP/1.1", servers.clear],
      ["TLS, HTTP/2", servers.tls],
    ]) {
      const page = await open(browser, server);
      const checks = (protocol) => checksOf(page, server.url, name, protocol);
      await everyProtocol(checks);
      await streamingRequests(checks("connect"), name);
      await otherLibraries(checks, page, server.url, name);
      await page.context().close();
      await closedPage(browser, server, name);
    }
    await otherOrigins(browser, servers);
    await report.check("the servers hold nothing", () => until(() => servers.held() === 0));
  } finally {
    await browser.close();
    await servers.close();
  }
}

async function open(browser, server) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  const page = await context.newPage();
  page.on("pageerror", (error) => report.fail("the page", `an error that nobody handled: ${error}`));
  await page.goto(`${server.url}/`);
  return page;
}

/** `ask(check, …)` runs a check in the page, `check(title, run)` reports one. */
function checksOf(page, base, name, protocol) {
  return {
    at: { base, protocol },
    ask: (what, ...args) => page.evaluate(([check, at, rest]) => window.check(check, at, ...rest), [what, { base, protocol }, args]),
    check: (title, body) => report.check(`${name}, ${protocol}: ${title}`, body),
  };
}

async function everyProtocol(checks) {
  for (const protocol of ["connect", "grpc-web", "grpc-web-text"]) {
    const { ask, check } = checks(protocol);
    await check("a unary call with headers and trailers", async () =>
      equal(await ask("unary"), { id: 7, name: "é", head: "1", trailers: "2", left: 0 }),
    );
    await check("an error with details", async () => {
      equal(await ask("error"), { code: "not_found", message: "no such thing: é", initiator: "peer", details: 1 });
    });
    await check("1,000 messages", async () => equal(await ask("stream"), { count: 1_000, left: 0 }));
    await check("an error after messages", async () => equal(await ask("errorAfterMessages"), { count: 3, code: "data_loss" }));
    for (const how of ["break", "abort", "cancel"]) {
      await check(`${how}: the handler ends within ${HEARD_MS} ms`, async () => {
        ends.length = 0;
        const { code, left } = await ask("leave", how);
        const leftAt = Date.now();
        equal([code, left], ["cancelled", 0]);
        const expected = how === "break" ? 2 : 1;
        await until(() => ends.length === expected);
        const late = Math.max(...ends.map(({ at }) => at - leftAt));
        if (late > HEARD_MS) throw new Finding(`the handler ended ${late} ms after`);
        equal(ends[0].code, "cancelled");
      });
    }
    await check("close() of a stream that never ends is bounded, and ends the handler", async () => {
      ends.length = 0;
      const { code, ms, left } = await ask("leave", "close");
      equal([code, left], ["cancelled", 0]);
      if (ms < 250 || ms > 1_500) throw new Finding(`it took ${ms} ms, 300 were asked for`);
      await until(() => ends.length === 1);
    });
    await check("the deadline, which the server is told", async () => {
      ends.length = 0;
      equal(await ask("deadline"), ["deadline_exceeded", "deadline_exceeded"]);
      await until(() => ends.length === 2);
    });
    await check("the idle time-out", async () => {
      const { code, message } = await ask("idle");
      equal(code, "deadline_exceeded");
      if (!message.includes("idleTimeoutMs")) throw new Finding(message);
    });
  }
}

/** Requests can be streamed where the browser has HTTP/2 (Chromium), half-duplex. */
async function streamingRequests({ ask, check }, name) {
  await check("an upload", async () => {
    const { code, message } = await ask("upload");
    if (name === "HTTP/1.1") {
      if (code !== "unimplemented" && code !== "unavailable") throw new Finding(`${code}: ${message}`);
    } else equal(code, "ok 6");
  });
  await check("a bidi call: with an iterable half-duplex, by hand a clear error", async () => {
    const { ids, iterated, early } = await ask("talk");
    if (name === "HTTP/1.1") {
      if (iterated !== "unimplemented" && iterated !== "unavailable") throw new Finding(String(iterated));
    } else {
      equal([ids, early.code], [[1, 2], "unimplemented"]);
      if (!early.message.includes("closeSend")) throw new Finding(early.message);
    }
  });
}

async function otherLibraries(checks, page, base, name) {
  for (const protocol of ["connect", "grpc-web"]) {
    const { ask, check } = checks(protocol);
    await check("connect-web's client: unary, stream, error, abort", async () => {
      ends.length = 0;
      equal(await ask("connectWeb"), { id: 7, count: 100, error: 5 });
      await until(() => ends.length === 1);
    });
  }
  for (const format of ["text", "binary"]) {
    await report.check(`${name}, grpc-web's own client, ${format}: unary, error, stream, cancel`, async () => {
      ends.length = 0;
      const found = await page.evaluate((at) => window.check("officialGrpcWeb", at), { base, format });
      equal(found, { good: { id: 7 }, bad: { code: 5, message: "no such thing: é" }, count: 100, ...(format === "text" && { left: 1 }) });
      if (format === "text") await until(() => ends.length === 1);
    });
  }
}

async function closedPage(browser, server, name) {
  await report.check(`${name}: a page that is closed mid-stream ends its handler`, async () => {
    const page = await open(browser, server);
    equal(await page.evaluate((at) => window.check("hold", at), { base: server.url, protocol: "connect" }), 0);
    ends.length = 0;
    await page.context().close();
    await until(() => ends.length === 1);
    equal(ends[0].code, "cancelled");
  });
}

async function otherOrigins(browser, { clear, open: allowed, closed, nobody }) {
  const page = await open(browser, clear);
  for (const protocol of ["connect", "grpc-web"]) {
    const { ask, check } = checksOf(page, allowed.url, "another origin that may", protocol);
    await check("a unary call, after a preflight", async () =>
      equal(await ask("unary"), { id: 7, name: "é", head: "1", trailers: "2", left: 0 }),
    );
    await check("an error with details", async () => equal((await ask("error")).code, "not_found"));
    await check("1,000 messages", async () => equal((await ask("stream")).count, 1_000));
  }
  const failing = async (title, base, codes, says) => {
    const { ask, check } = checksOf(page, base, title, "connect");
    await check("a clear error", async () => {
      const { code, message } = await ask("fails");
      if (!codes.includes(code) || !says.test(message)) throw new Finding(`${code}: ${message}`);
    });
  };
  await failing("another origin that may not", closed.url, ["unavailable"], /CORS/);
  await failing("a server that is not there", "http://127.0.0.1:9", ["unavailable"], /127\.0\.0\.1:9/);
  await failing("a proxy's page", nobody, ["unavailable"], /502.*Bad Gateway/);
  await failing("a redirect", `${nobody}/moved`, ["unavailable", "unknown"], /redirect|CORS/i);
  await failing("a wrong path", `${clear.url}/wrong`, ["unimplemented"], /404/);
  const { ask, check } = checksOf(page, clear.url, "JSON", "connect");
  await check("a unary call", async () => {
    equal(await page.evaluate((at) => window.check("unary", at), { base: clear.url, protocol: "connect", json: true }), {
      id: 7,
      name: "é",
      head: "1",
      trailers: "2",
      left: 0,
    });
  });
  await check("GET is for safe methods alone", async () => equal(await ask("get"), undefined));
  await page.context().close();
}

/** The page as one script, with what it needs of the peers' folder. */
async function bundle(peers) {
  const require = createRequire(join(peers, "package.json"));
  const built = await rolldown({
    input: join(HERE, "page.mjs"),
    platform: "browser",
    logLevel: "silent",
    resolve: { alias: Object.fromEntries(["@connectrpc/connect", "@connectrpc/connect-web"].map((name) => [name, esm(require, name)])) },
    plugins: [{ name: "peers", resolveId: (id) => (id === "grpc-web" ? require.resolve(id) : undefined) }],
  });
  const { output } = await built.generate({ format: "iife" });
  await built.close();
  return output[0].code;
}

/** The ES module of a package: \`require.resolve\` gives the other. */
function esm(require, name) {
  return require.resolve(name).replace(`${join("dist", "cjs")}`, join("dist", "esm"));
}

async function needChromium() {
  if (existsSync(CHROMIUM)) return;
  if (process.getuid?.() !== 0) throw new ToolMissing("chromium is not installed (Debian package chromium)");
  console.log("tools: installing chromium …");
  const apt = (...args) =>
    promisify(execFile)("apt-get", args, { timeout: 300_000, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  try {
    await apt("update", "-qq");
    await apt("install", "-y", "-qq", "chromium");
  } catch (error) {
    throw new ToolMissing(`chromium cannot be installed: ${error.message.split("\n")[0]}`);
  }
}
