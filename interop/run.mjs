// gRPC's interop cases: Sluice server <- grpc-go client, Sluice client -> grpc-go server, Sluice <-> Sluice, each plain and over TLS.
//   node interop/run.mjs [--quick] [--case NAME]
import { join } from "node:path";
import { readArguments } from "./arguments.mjs";
import { cases } from "./cases/index.mjs";
import { runToEnd, startServer, startServerAt } from "./children.mjs";
import { Report } from "./report.mjs";
import { grpcGoInterop, ROOT, withTool } from "./tools.mjs";

const SOAK_ITERATIONS = 1000;
const CASE_LIMIT_MS = 150_000;

/** Cases that grpc-go's client does not have, and that its server does not answer. */
const NO_COMPRESSION = "grpc-go's interop programs have no compressed cases";
const NOT_IN_GO_CLIENT = {
  cacheable_unary: "grpc-go's client has no such case",
  concurrent_large_unary: "grpc-go's client has no such case",
  client_compressed_unary: NO_COMPRESSION,
  server_compressed_unary: NO_COMPRESSION,
  client_compressed_streaming: NO_COMPRESSION,
  server_compressed_streaming: NO_COMPRESSION,
};
const NOT_IN_GO_SERVER = {
  cacheable_unary: "grpc-go's server does not implement CacheableUnaryCall",
  pick_first_unary: "grpc-go's server does not fill server_id",
  client_compressed_unary: NO_COMPRESSION,
  server_compressed_unary: NO_COMPRESSION,
  client_compressed_streaming: NO_COMPRESSION,
  server_compressed_streaming: NO_COMPRESSION,
};

const args = readArguments("node interop/run.mjs [--quick] [--case NAME]", {
  quick: { type: "boolean", default: false },
  case: { type: "string" },
});
const names = args.case === undefined ? Object.keys(cases) : [args.case];
const soakIterations = args.quick ? 20 : SOAK_ITERATIONS;
const report = new Report({ countsSkips: true });

for (const tls of [false, true]) {
  const over = tls ? "TLS" : "plaintext";
  const sluice = await sluiceServer(tls);
  await matrix(`Sluice <-> Sluice, ${over}`, {}, (name) => sluiceClient(name, sluice.port, tls));
  await withTool(report, `Sluice server <- grpc-go client, ${over}`, grpcGoInterop, ({ client }) =>
    matrix(`Sluice server <- grpc-go client, ${over}`, NOT_IN_GO_CLIENT, (name) => goClient(client, name, sluice.port, tls)),
  );
  await sluice.stop();
  await withTool(report, `Sluice client -> grpc-go server, ${over}`, grpcGoInterop, async ({ server }) => {
    const go = await startServerAt(server, (port) => [`--port=${port}`, ...(tls ? ["--use_tls"] : [])]);
    await matrix(`Sluice client -> grpc-go server, ${over}`, NOT_IN_GO_SERVER, (name) => sluiceClient(name, go.port, tls));
    await go.stop();
  });
}
report.end();
process.exit();

async function matrix(title, left, run) {
  console.log(`${title}`);
  for (const name of names) {
    if (left[name] !== undefined) report.skip(`${title}: ${name}`, left[name]);
    else await report.check(`${title}: ${name}`, () => expectSuccess(run(name)), CASE_LIMIT_MS + 5000);
  }
}

function sluiceServer(tls) {
  return startServer(process.execPath, [join(ROOT, "interop", "server.mjs"), "--port", "0", ...(tls ? ["--tls"] : [])]);
}

function sluiceClient(name, port, tls) {
  const own = [join(ROOT, "interop", "client.mjs"), "--addr", `127.0.0.1:${port}`, "--case", name];
  return runToEnd(process.execPath, [...own, "--iterations", String(soakIterations), ...(tls ? ["--tls"] : [])], {
    limitMs: CASE_LIMIT_MS,
  });
}

function goClient(client, name, port, tls) {
  const own = ["--server_host=127.0.0.1", `--server_port=${port}`, `--test_case=${name}`];
  if (tls) own.push("--use_tls", "--use_test_ca", "--server_host_override=foo.test.google.fr");
  // The whole soak has one limit; a single iteration may be late by the machine's fault, which 1 s allows for.
  if (name.endsWith("_soak")) own.push(`--soak_iterations=${soakIterations}`, "--soak_overall_timeout_seconds=120");
  return runToEnd(client, own, { limitMs: CASE_LIMIT_MS });
}

async function expectSuccess(running) {
  const { code, text } = await running;
  if (code !== 0) throw new Error(`exit code ${code}\n${text.trim().slice(-1500)}`);
}
