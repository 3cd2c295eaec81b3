// gRPC's interop server on Sluice: node interop/server.mjs --port N [--tls]
import { readFileSync } from "node:fs";
import { serve } from "sluice/node";
import { TestService } from "../build/gen/grpc-testing_pb.js";
import { readArguments, wholeNumber } from "./arguments.mjs";
import { compressionProbe } from "./service/compression-probe.mjs";
import { testService } from "./service/test-service.mjs";
import { testCertificate } from "./tools.mjs";

const args = readArguments("node interop/server.mjs --port N [--tls]", {
  port: { type: "string", default: "0" },
  tls: { type: "boolean" },
});
const port = wholeNumber("--port", args.port, 0, 65535);

const options = {
  host: "127.0.0.1",
  port,
  compression: "gzip",
  routes: (r) => r.service(TestService, testService, { interceptors: [compressionProbe] }),
};
if (args.tls) {
  const { cert, key } = await testCertificate();
  options.tls = { cert: readFileSync(cert), key: readFileSync(key) };
}
const server = await serve(options);
console.log(`listening on 127.0.0.1:${server.port}`);

process.once("SIGTERM", close);
process.once("SIGINT", close);

async function close() {
  await server.close({ graceMs: 5000 });
  process.exit(0);
}
