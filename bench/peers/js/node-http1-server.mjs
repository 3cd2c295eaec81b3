// Bare node:http with the unary call of Connect by hand, and protobuf-es for its message: what the platform and the codec cost together.
import http from "node:http";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { PayloadSchema } from "../../../build/gen/bench_pb.js";
import { ready, serverOptions } from "./process.mjs";

const options = serverOptions();

const listener = http.createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
    const answer = toBinary(PayloadSchema, fromBinary(PayloadSchema, body));
    response.writeHead(200, { "content-type": "application/proto", "content-length": answer.length });
    response.end(answer);
  });
});
listener.listen(options.port, "127.0.0.1", () => ready(listener.address().port));
