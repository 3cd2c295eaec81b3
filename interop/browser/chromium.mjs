// Debian's Chromium, and the page as one script.
import { execFile } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { rolldown } from "rolldown";
import { ToolMissing } from "../tools.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const CHROMIUM = "/usr/bin/chromium";
const FLAGS =
  "--headless --no-sandbox --disable-gpu --disable-quic --disable-background-networking --disable-component-update --disable-sync";

/** `peers`: the folder of the other libraries. `cert`: a certificate that it takes for a good one; what comes with a bad one it does not keep. */
export async function startChromium(peers, cert) {
  await needChromium();
  const { chromium } = createRequire(join(peers, "package.json"))("playwright-core");
  const key = createHash("sha256")
    .update(new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS.split(" "), `--ignore-certificate-errors-spki-list=${key}`] });
}

/** The page as one script, with what it needs of the peers' folder. */
export async function bundlePage(peers) {
  const require = createRequire(join(peers, "package.json"));
  const built = await rolldown({
    input: join(HERE, "page", "index.mjs"),
    platform: "browser",
    logLevel: "silent",
    resolve: { alias: Object.fromEntries(["@connectrpc/connect", "@connectrpc/connect-web"].map((name) => [name, esm(require, name)])) },
    plugins: [{ name: "peers", resolveId: (id) => (id === "grpc-web" ? require.resolve(id) : undefined) }],
  });
  const { output } = await built.generate({ format: "iife" });
  await built.close();
  return output[0].code;
}

/** The ES module of a package: `require.resolve` gives the other. */
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
