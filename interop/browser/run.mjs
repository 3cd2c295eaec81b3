// A real browser: Debian's Chromium runs sluice/web, connect-web and grpc-web's own client against Sluice's server, over HTTP/1.1 in the clear and HTTP/2 with TLS.
//   node interop/browser/run.mjs
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../checks.mjs";
import { Report } from "../report.mjs";
import { npmFolder, ToolMissing, testCertificate } from "../tools.mjs";
import { checkCaches } from "./checks/caches.mjs";
import { checkCalls, checkManyMessages } from "./checks/calls.mjs";
import { checkConnections, checkEnds, checkPagesGone, checkServerGone } from "./checks/ends.mjs";
import { checkForeignAnswers } from "./checks/foreign-answers.mjs";
import { checkConnectWeb, checkGrpcWeb } from "./checks/libraries.mjs";
import { checkForbidden, checkOrigins } from "./checks/origins.mjs";
import { checkNoRequestStreams, checkOldServer, checkRequestStreams } from "./checks/request-streams.mjs";
import { bundlePage, startChromium } from "./chromium.mjs";
import { startServers } from "./servers.mjs";
import { openTab } from "./tab.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

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
  const files = await testCertificate();
  const tls = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
  const browser = await startChromium(peers, tls.cert);
  const servers = await startServers(await bundlePage(peers), tls);
  const { clear, secure } = servers;
  try {
    // a browser has six connections of HTTP/1.1 to a host
    await inTab(browser, "HTTP/1.1", clear, async (calls) => {
      await checkSite(calls, 5);
      await checkNoRequestStreams(calls("connect"));
      await checkConnections(calls("connect"));
    });
    await inTab(browser, "TLS, HTTP/2", secure, async (calls) => {
      await checkSite(calls, 20);
      for (const protocol of ["connect", "grpc-web", "grpc-web-text"]) await checkRequestStreams(calls(protocol, { protocol }));
    });
    for (const [title, { url }] of [
      ["HTTP/1.1", clear],
      ["TLS, HTTP/2", secure],
    ]) {
      await checkPagesGone(browser, report, title, url, "a stream", "hold");
      await checkServerGone(browser, report, title, url);
    }
    await checkPagesGone(browser, report, "TLS, HTTP/2", secure.url, "an upload", "beginUpload");
    await checkOldServer(browser, report, servers);
    await checkOrigins(browser, report, "another origin", clear, servers.allowing, 5);
    await checkOrigins(browser, report, "another origin, TLS", secure, servers.secureAllowing, 20);
    await inTab(browser, "another origin", clear, async (calls, tab) => {
      await checkForbidden(calls("which does not allow it", { base: servers.forbidding.url }));
      await checkForeignAnswers(tab, servers);
    });
    await report.check("the servers hold nothing", () => until(() => servers.held() === 0));
  } finally {
    await browser.close();
    await servers.close();
  }
}

/** Runs checks in a page of this server. `calls(name, at)`: checks of calls to it, made like this. */
async function inTab(browser, title, { url }, checks) {
  const tab = await openTab(browser, report, url);
  await checks((name, at) => tab.calls(`${title}, ${name}`, { base: url, ...at }), tab);
  await tab.close();
}

/** What holds over either version of HTTP. `streams`: how many it carries at once. */
async function checkSite(calls, streams) {
  for (const protocol of ["connect", "grpc-web", "grpc-web-text"]) {
    await checkCalls(calls(protocol, { protocol }), streams);
    await checkEnds(calls(protocol, { protocol }));
  }
  for (const protocol of ["connect", "grpc-web"]) {
    await checkCalls(calls(`${protocol}, JSON`, { protocol, json: true }), streams);
    await checkManyMessages(calls(protocol, { protocol }));
    await checkConnectWeb(calls(protocol, { protocol }));
  }
  await checkManyMessages(calls("connect, JSON", { json: true }));
  await checkCaches(calls("GET", { httpGet: true }), calls("GET", { httpGet: true, cache: "no-store" }), calls("POST"));
  for (const format of ["text", "binary"]) await checkGrpcWeb(calls(`grpc-web's own client, ${format}`, { format }), format);
}
