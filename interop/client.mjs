// gRPC's interop client on Sluice: node interop/client.mjs --addr H:P --case NAME [--tls] [--iterations N]
import { readFileSync } from "node:fs";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { TestService, UnimplementedService } from "../build/gen/grpc-testing_pb.js";
import { readArguments, wholeNumber } from "./arguments.mjs";
import { compressionLog } from "./cases/compression-log.mjs";
import { cases } from "./cases/index.mjs";
import { testCertificate } from "./tools.mjs";

const USAGE = "node interop/client.mjs --addr H:P --case NAME [--tls] [--iterations N]";
const CASE_LIMIT_MS = 120_000;

const args = readArguments(USAGE, {
  addr: { type: "string", default: "127.0.0.1:10000" },
  case: { type: "string", default: "large_unary" },
  tls: { type: "boolean", default: false },
  iterations: { type: "string", default: "10" },
});
const iterations = wholeNumber("--iterations", args.iterations, 1, 1_000_000);
const run = cases[args.case];
if (run === undefined) {
  console.error(`no case ${args.case}; there are: ${Object.keys(cases).join(", ")}`);
  process.exit(2);
}

const tls = args.tls ? await clientTls() : undefined;
const compressed = compressionLog();
const channel = open();
const limit = setTimeout(() => end(new Error(`not done after ${CASE_LIMIT_MS} ms`)), CASE_LIMIT_MS);
try {
  const client = clientOf(channel);
  const unimplemented = createClient(UnimplementedService, channel, { timeoutMs: 20_000 });
  await run({ client, unimplemented, compressed, iterations, open, clientOf });
  await channel.close({ graceMs: 2000 });
  end();
} catch (error) {
  end(error);
}

function open() {
  return connect(`${tls ? "https" : "http"}://${args.addr}`, { protocol: "grpc", ...(tls && { tls }) });
}

function clientOf(onChannel) {
  return createClient(TestService, onChannel, { timeoutMs: 20_000, interceptors: [compressed.interceptor] });
}

async function clientTls() {
  const { ca, serverName } = await testCertificate();
  return { ca: readFileSync(ca), serverName };
}

function end(error) {
  clearTimeout(limit);
  if (error === undefined) console.log(`${args.case}: ok`);
  else console.error(`${args.case}: ${error.stack ?? error}`);
  process.exit(error === undefined ? 0 : 1);
}
