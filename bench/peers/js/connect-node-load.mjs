// The client of @connectrpc/connect-node as a load for unary calls: see bench/load.mjs.
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Bench, PayloadSchema } from "../../../build/gen/bench_pb.js";
import { bodyFor } from "../../load/message-size.mjs";
import { readLoadOptions } from "../../load/options.mjs";
import { runLoad } from "../../load/run.mjs";

class ConnectNodeLoad {
  #client;

  constructor({ addr, protocol, http }) {
    const options = { baseUrl: `http://${addr}`, httpVersion: http, useBinaryFormat: true };
    this.#client = createClient(Bench, protocol === "grpc" ? createGrpcTransport(options) : createConnectTransport(options));
  }

  message(id, name, size) {
    const message = create(PayloadSchema, { id, name });
    message.body = bodyFor(size, toBinary(PayloadSchema, message).length);
    return message;
  }

  unary(message) {
    return this.#client.unary(message);
  }
}

const options = readLoadOptions();
await runLoad(options, () => new ConnectNodeLoad(options));
