import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Block, blocksOf } from "./documents/blocks.js";
import { Project, ROOT } from "./documents/project.js";

/*
 * The README and the pages of docs, done as they say: their files are written into an empty folder, their commands run there, what these print is
 * compared, and their fragments are compiled.
 */

const EXAMPLE = join(ROOT, "examples", "first-service");
const PAGES = [
  "docs/coming-from/connect-go.md",
  "docs/coming-from/dubbo-go.md",
  "docs/coming-from/grpc-go.md",
  "docs/coming-from/grpc-js.md",
  "docs/contract.md",
  "docs/errors.md",
  "docs/health-and-reflection.md",
  "docs/interceptors.md",
  "docs/limits.md",
  "docs/observing.md",
  "docs/protocols.md",
  "docs/streams.md",
  "docs/testing.md",
];

const readme = blocksOf(readFileSync(join(ROOT, "README.md"), "utf8"));
const project = await Project.make();
after(() => project.close());

test("the files of examples/first-service are those of the README, and none besides", () => {
  const shown = new Map(readme.filter(({ file }) => file !== "").map(({ file, text }) => [file, text]));
  const kept = readdirSync(EXAMPLE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const files = new Map(kept.map((path) => [path.slice(EXAMPLE.length + 1), readFileSync(path, "utf8")]));
  assert.deepEqual([...files.keys()].sort(), [...shown.keys()].sort());
  for (const [file, text] of shown) assert.equal(text, files.get(file), file);
});

test("the first service of the README runs, and prints what the README says", async () => {
  await follow(readme.filter(({ text }) => !isTheClone(text)));
});

test("the interceptors of docs/interceptors.md run, and print what it says", async () => {
  await follow(blocksOf(readFileSync(join(ROOT, "docs/interceptors.md"), "utf8")));
});

test("the fragments of the README and of docs compile", async () => {
  let count = 0;
  project.install(["@connectrpc/connect"]);
  for (const page of ["README.md", ...PAGES]) {
    for (const { language, file, text, line } of blocksOf(readFileSync(join(ROOT, page), "utf8"))) {
      if (language !== "ts" || file !== "") continue;
      count++;
      project.write(`fragment-${page.replaceAll(/\W/g, "-")}-${line}.ts`, `${PREAMBLE}export async function fragment() {\n${text}}\n`);
    }
  }
  assert.ok(count >= 8, `${count} fragments`);
  await project.run("npx tsc --noEmit");
});

/** What fragments may take for granted. */
const PREAMBLE = `import { all, type Client, type Channel, contextKey, createBroadcast, createClient, detail, type Interceptor, Metadata, type Picker, race, RpcError, UsageError, withGroup } from "sluice";
import { closeOnSignal, connect, serve, toNodeHandler } from "sluice/node";
import * as page from "sluice/page";
import type { Router, ServiceImplementation } from "sluice/server";
import * as connectrpc from "@connectrpc/connect";
import { connectRoutes, createTransport } from "sluice/compat/connect-es";
import { createHealth, Health, healthCheck, mountHealth, mountReflection, type ServerHealth, watchHealth } from "sluice/services";
import { expectNoLeaks, inMemory, openHandles } from "sluice/testing";
import { Greeter, NumberSchema } from "./gen/greet_pb.js";
declare const greeter: Client<typeof Greeter>;
declare const channel: Channel;
declare const health: ServerHealth;
declare const greeterImplementation: ServiceImplementation<typeof Greeter>;
declare const greeterV1: ServiceImplementation<typeof Greeter>;
declare const greeterV2: ServiceImplementation<typeof Greeter>;
/** Of node:timers/promises. */
declare function sleep(ms: number, value: undefined, options: { signal: AbortSignal }): Promise<void>;
declare const [outermost, inner]: Interceptor[];
declare const [cert, key, ca, clientCert, clientKey]: string[];
declare const routes: (router: Router) => unknown;
declare function express(): { (request: never, response: never): void; use(handler: unknown): void };
declare const theirImplementation: connectrpc.ServiceImpl<typeof Greeter>;
declare const app: ReturnType<typeof express>;
declare const http: { createServer(handler: unknown): unknown };
`;

/** Writes all files, then runs the commands in order; a `text` block is what the command before it prints. */
async function follow(blocks: readonly Block[]): Promise<void> {
  for (const { file, text } of blocks) if (file !== "") project.write(file, text);
  let printed = "";
  let compared = 0;
  for (const { language, text, line } of blocks) {
    if (language === "text") {
      assert.equal(printed, text, `what the command before line ${line} prints`);
      compared++;
    } else if (language === "sh") {
      for (const command of text.trim().split("\n")) printed = await obey(command);
    }
  }
  assert.ok(compared > 0, "nothing was compared");
}

async function obey(command: string): Promise<string> {
  if (!command.startsWith("npm install ")) return project.run(command);
  project.install(
    command
      .split(" ")
      .slice(2)
      .filter((word) => !word.startsWith("-")),
  );
  return "";
}

/** The two commands of a clone are what runs this test. */
function isTheClone(text: string): boolean {
  return text === "npm start\nnpm test\n";
}
