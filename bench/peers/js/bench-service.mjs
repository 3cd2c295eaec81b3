// bench.v1.Bench for @grpc/grpc-js and nice-grpc, loaded as most of their users do: @grpc/proto-loader over the proto file.
import { fileURLToPath } from "node:url";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const proto = fileURLToPath(new URL("../../../proto/bench.proto", import.meta.url));

/** The client class, with the service definition in `.service`. */
export const Bench = grpc.loadPackageDefinition(loadSync(proto, { keepCase: true, longs: Number })).bench.v1.Bench;
