import { join } from "node:path";
import { cores } from "../harness/machine.mjs";
import { BENCH, ROOT } from "../harness/paths.mjs";
import { run } from "../harness/run-command.mjs";

const peers = join(BENCH, "peers", "js");

// @bufbuild/protobuf comes with the user's generated code anyway; it is imported first, and its time is told by itself.
const program = (modules) => `
const protobuf = ["@bufbuild/protobuf", "@bufbuild/protobuf/codegenv2", "@bufbuild/protobuf/wkt"];
const start = performance.now();
for (const name of protobuf) await import(name);
const between = performance.now();
for (const name of ${JSON.stringify(modules)}) await import(name);
console.log(JSON.stringify({ beyond: performance.now() - between, protobuf: between - start }));`;

const row = (id, label, cwd, modules, needs = []) => ({ id, label, cwd, modules, needs });

export const importTime = {
  name: "import-time",
  title: "Cold import of the client and server entry, beyond @bufbuild/protobuf",
  how: "a new node each time, best of 5 a round",
  metrics: { beyond: { label: "ms", digits: 1, less: true }, protobuf: { label: "ms @bufbuild/protobuf", digits: 1, less: true } },
  contestants: [
    row("sluice", "Sluice", ROOT, ["sluice", "sluice/node"]),
    row("grpc-js", "grpc-js", peers, ["@grpc/grpc-js"], ["npm"]),
    row("connect-node", "connect-node", peers, ["@connectrpc/connect", "@connectrpc/connect-node"], ["npm"]),
    row("nice-grpc", "nice-grpc", peers, ["nice-grpc"], ["npm"]),
  ],
  measure: async ({ cwd, modules }) => {
    let best = { beyond: Number.POSITIVE_INFINITY };
    for (let i = 0; i < 5; i++) {
      const node = [process.execPath, "--input-type=module", "-e", program(modules)];
      const pinned = cores.server === undefined ? node : ["taskset", "-c", String(cores.server), ...node];
      const figures = JSON.parse(await run(pinned[0], pinned.slice(1), { cwd }));
      if (figures.beyond < best.beyond) best = figures;
    }
    return best;
  },
  bars: [{ metric: "beyond", most: 20, aim: 12 }],
};
