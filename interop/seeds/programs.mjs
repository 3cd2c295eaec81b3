// The programs of both ends: each system as a client that takes a walk and as a server that plays a script, in processes of their own.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { runToEnd, startServer } from "../children.mjs";
import { dubboPrograms, goPrograms } from "../tools.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));

const programs = new Map();

/** What Sluice speaks with dubbo-go. */
const TRIPLE = { protocol: "triple", says: "Triple" };

/** `protocol`: how Sluice speaks with it, `says`: how it is called; `program`: resolves to its path; `module`, `file`: where its version is said. */
export const libraries = {
  "grpc-go": { protocol: "grpc", says: "gRPC", program: seeds, module: "google.golang.org/grpc", file: "../go/go.mod" },
  "connect-go": { protocol: "grpc", says: "gRPC", program: seeds, module: "connectrpc.com/connect", file: "../go/go.mod", over: "gRPC" },
  "connect-go-connect": {
    protocol: "connect",
    says: "Connect",
    program: seeds,
    module: "connectrpc.com/connect",
    file: "../go/go.mod",
    over: "Connect",
  },
  "dubbo-go-3.3.2": dubbo("3.3.2", "go.mod"),
  "dubbo-go-3.3.0": dubbo("3.3.0", "go-3.3.0.mod"),
};

/** The name and version of a library, as its module file has it, and the protocol where it has several. */
export function nameOf(id) {
  const { module, file, over } = libraries[id];
  const text = readFileSync(join(HERE, file), "utf8");
  const [, version] = new RegExp(`^(?:require )?\\s*${module} v(\\S+)`, "m").exec(text);
  const [name] = /^[a-z]+-go/.exec(id);
  return `${name} ${version}${over === undefined ? "" : ` (${over})`}`;
}

/**
 * Runs one walk: a fresh server, a fresh client, until the client has told. Returns what the client measured, and the server's notes on its
 * calls, with how many of its handlers had ended when the client told, before its connection was gone. `client` and `server` are `"sluice"` or `"go"`, which is `library`.
 */
export async function measure({ client, server, library, idle, streams, boundMs = 2000, ...walk }) {
  const started = await startEnd(server, library, { idle, streams });
  try {
    const { command, args } = await clientOf(client, library);
    const options = Object.entries({ ...walk, bound: `${boundMs}ms`, addr: `127.0.0.1:${started.port}` }).flatMap(([name, value]) => [
      `--${name}`,
      `${value}`,
    ]);
    const { code, text } = await runToEnd(command, [...args, ...options], { limitMs: 120_000 });
    const found = lastJson(text);
    if (code !== 0 || found === undefined)
      throw new Error(`the client (${client} ${library} ${walk.walk}) ended with ${code}: ${text.slice(-800)}`);
    return { ...found, ...(await notesOf(started, found.laterAt ?? found.toldAt)) };
  } finally {
    await started.stop("SIGKILL");
  }
}

async function startEnd(side, library, { idle, streams }) {
  if (side === "go") return startServer(await programOf(library), ["-serve", library]);
  const args = [join(HERE, "sluice-server.mjs")];
  if (idle !== undefined) args.push("--idle", `${idle}`);
  if (streams !== undefined) args.push("--streams", `${streams}`);
  return startServer(process.execPath, args);
}

async function clientOf(side, library) {
  const { protocol } = libraries[library];
  if (side === "go") return { command: await programOf(library), args: ["--library", library] };
  return { command: process.execPath, args: ["--expose-gc", join(HERE, "sluice-client.mjs"), "--library", protocol] };
}

/** What the server has noted: its calls, and how many of `begun` had `ended` by a time. */
async function notesOf(server, until) {
  server.write(`notes ${until}\n`);
  for (let waited = 0; waited < 500; waited++) {
    await sleep(10);
    const notes = lastJson(server.text());
    if (notes !== undefined) return notes;
  }
  throw new Error("the server does not answer");
}

function lastJson(text) {
  const line = text
    .split("\n")
    .slice(0, -1)
    .findLast((candidate) => candidate.startsWith("{") && candidate.endsWith("}"));
  return line === undefined ? undefined : JSON.parse(line);
}

async function seeds() {
  return (await goPrograms()).seeds;
}

/** The path of a library's program, found or built once in a run. Rejects with `ToolMissing`. */
export function programOf(library) {
  const { program } = libraries[library];
  if (!programs.has(program)) programs.set(program, program());
  return programs.get(program);
}

function dubbo(version, moduleFile) {
  const program = async () => (await dubboPrograms(version)).seeds;
  return { ...TRIPLE, program, module: "dubbo.apache.org/dubbo-go/v3", file: `../dubbo/go/${moduleFile}` };
}
