// The server under test: `connectconformance --mode server … -- node conformance/server.mjs`. Reads one request from stdin, serves until it is killed.
import { serve } from "sluice/node";
import { ServerCompatRequestSchema, ServerCompatResponseSchema } from "../build/gen/connectrpc/conformance/v1/server_compat_pb.js";
import { ConformanceService } from "../build/gen/connectrpc/conformance/v1/service_pb.js";
import { readMessages, writeMessage } from "./frames.mjs";
import { conformanceService } from "./service.mjs";
import { registry } from "./wire.mjs";

const { value: request } = await readMessages(ServerCompatRequestSchema, process.stdin).next();
if (request === undefined) throw new Error("no ServerCompatRequest came on stdin");
const { useTls, clientTlsCert, serverCreds, messageReceiveLimit } = request;
const mutual = clientTlsCert.length > 0;

const server = await serve({
  routes: (router) => router.service(ConformanceService, conformanceService),
  registry,
  compression: ["gzip", "br", ...("zstdCompressSync" in (await import("node:zlib")) ? ["zstd"] : [])],
  ...(messageReceiveLimit > 0 && { maxReceiveBytes: messageReceiveLimit }),
  ...(useTls && {
    tls: { cert: serverCreds.cert, key: serverCreds.key, ...(mutual && { ca: clientTlsCert, requestClientCertificate: true }) },
  }),
  onLog: ({ level, message, error }) => level === "info" || console.error(message, error ?? ""),
});

writeMessage(
  ServerCompatResponseSchema,
  {
    $typeName: ServerCompatResponseSchema.typeName,
    host: "127.0.0.1",
    port: server.port,
    pemCert: useTls ? serverCreds.cert : new Uint8Array(0),
  },
  process.stdout,
);

process.on("SIGTERM", async () => {
  await server.close({ graceMs: 0 });
  process.exit(0);
});
