// A real browser: Debian's Chromium runs sluice/web, sluice/page, connect-web and grpc-web's own client against Sluice's server, over HTTP/1.1 in the clear and HTTP/2 with TLS.
//   node interop/browser/run.mjs
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../checks.mjs";
import { Report } from "../report.mjs";
import { npmFolder, testCertificate, withTool } from "../tools.mjs";
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
import { ALL, BINARY, CONNECTS, WEB } from "./ways.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

const report = new Report({ countsSkips: true });
await withTool(report, "the browser", () => npmFolder(join(HERE, "packages.json"), "playwright, grpc-web and connect-web"), run);
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
      for (const [name, way] of Object.entries(CONNECTS)) await checkConnections(calls(name, way));
    });
    await inTab(browser, "TLS, HTTP/2", secure, async (calls) => {
      await checkSite(calls, 20);
      for (const [name, way] of Object.entries(WEB)) await checkRequestStreams(calls(name, way));
    });
    for (const [title, { url }] of [
      ["HTTP/1.1", clear],
      ["TLS, HTTP/2", secure],
    ]) {
      for (const [name, way] of Object.entries(CONNECTS))
        await checkPagesGone(browser, report, `${title}, ${name}`, url, "a stream", "hold", way);
      await checkServerGone(browser, report, title, url);
    }
    await checkPagesGone(browser, report, "TLS, HTTP/2", secure.url, "an upload", "beginUpload", CONNECTS.connect);
    await checkOldServer(browser, report, servers);
    await checkOrigins(browser, report, "another origin", clear, servers.allowing, 5);
    await checkOrigins(browser, report, "another origin, TLS", secure, servers.secureAllowing, 20);
    await inTab(browser, "another origin", clear, async (_, tab) => {
      await checkForbidden(tab, servers);
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
  for (const [name, way] of Object.entries(ALL)) {
    await checkCalls(calls(name, way), streams);
    await checkEnds(calls(name, way));
  }
  for (const [name, way] of Object.entries(BINARY)) {
    await checkCalls(calls(`${name}, JSON`, { ...way, json: true }), streams);
    await checkManyMessages(calls(name, way));
  }
  for (const protocol of ["connect", "grpc-web"]) await checkConnectWeb(calls(protocol, { protocol }));
  await checkManyMessages(calls("connect, JSON", { json: true }));
  await checkCaches(calls("GET", { httpGet: true }), calls("GET", { httpGet: true, cache: "no-store" }), calls("POST"));
  for (const format of ["text", "binary"]) await checkGrpcWeb(calls(`grpc-web's own client, ${format}`, { format }), format);
}
