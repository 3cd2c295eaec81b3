// nginx and haproxy as gRPC proxies, each in a process of its own with a configuration of its own.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startServerAt } from "../../children.mjs";
import { ToolMissing } from "../../tools.mjs";

const run = promisify(execFile);

/** What the proxies wait for on a silent stream: short, so that it can be measured. Their own default for it is a minute. */
export const PROXY_TIMEOUT_MS = 3000;
const SECONDS = `${PROXY_TIMEOUT_MS / 1000}s`;

const nginx = (port, to) => `
master_process off;
error_log stderr crit;
pid nginx.pid;
events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:${port} http2;
    client_max_body_size 0;
    location / { grpc_pass grpc://127.0.0.1:${to}; grpc_read_timeout ${SECONDS}; grpc_send_timeout ${SECONDS}; client_body_timeout ${SECONDS}; }
  }
}
`;

const haproxy = (port, to) => `
global
  maxconn 200
defaults
  mode http
  timeout connect 1s
  timeout client ${SECONDS}
  timeout server ${SECONDS}
listen grpc
  bind 127.0.0.1:${port} proto h2
  server one 127.0.0.1:${to} proto h2
`;

export const proxies = {
  nginx: {
    package: "nginx-light",
    version: async () => /nginx\/(\S+)/.exec((await run("nginx", ["-v"])).stderr)[1],
    configuration: nginx,
    command: (dir, file) => ["nginx", ["-p", dir, "-c", file, "-e", "stderr", "-g", "daemon off;"]],
  },
  haproxy: {
    package: "haproxy",
    version: async () => /version (\d+\.\d+\.\d+)/.exec((await run("haproxy", ["-v"])).stdout)[1],
    configuration: haproxy,
    command: (_dir, file) => ["haproxy", ["-db", "-f", file]],
  },
};

/** The version of a proxy; installs it where that can be done, else throws ToolMissing. */
export async function needProxy(name) {
  const { version, package: debian } = proxies[name];
  try {
    return await version();
  } catch {
    // not there yet
  }
  const hint = `${name} is not installed (Debian package ${debian})`;
  if (process.getuid?.() !== 0) throw new ToolMissing(hint);
  console.log(`tools: installing ${debian} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", debian], { env, timeout: 120_000 });
    return await version();
  } catch (error) {
    throw new ToolMissing(`${hint}, and does not install: ${error.message.trim().split("\n").at(-1)}`);
  }
}

/** Starts a proxy before the server at that port. Resolves to `{ port, close() }`. */
export async function startProxy(name, to) {
  const { configuration, command } = proxies[name];
  const dir = mkdtempSync(join(tmpdir(), "lifecycle-"));
  const file = join(dir, `${name}.conf`);
  const [program, args] = command(dir, file);
  const child = await startServerAt(program, (port) => {
    writeFileSync(file, configuration(port, to));
    return args;
  });
  const close = async () => {
    await child.stop("SIGTERM");
    rmSync(dir, { recursive: true, force: true });
  };
  return { port: child.port, close, text: child.text };
}
