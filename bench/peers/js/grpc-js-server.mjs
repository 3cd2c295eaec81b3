// Serves bench.v1.Bench with @grpc/grpc-js.
import grpc from "@grpc/grpc-js";
import { Bench } from "./bench-service.mjs";
import { ready, serverOptions } from "./process.mjs";

const options = serverOptions();
const cancelledAt = new Map();

function unary(call, answer) {
  const { request } = call;
  if (request.name !== "cancel-clock") return answer(null, request);
  answer(null, { id: request.id, nums: [Number(cancelledAt.get(request.id) ?? 0)] });
  cancelledAt.delete(request.id);
}

function server(call) {
  const { request } = call;
  if (request.name === "mute") return;
  if (request.id < 0) {
    const timer = setInterval(() => call.write(request), Number(request.nums[0] ?? 1));
    call.on("cancelled", () => clearInterval(timer));
    return;
  }
  let left = request.id;
  const write = () => {
    while (left > 0) {
      left--;
      if (!call.write(request)) return call.once("drain", write);
    }
    call.end();
  };
  write();
}

function client(call, answer) {
  let id = 0;
  call.on("data", () => id++);
  call.on("end", () => answer(null, { id }));
}

function bidi(call) {
  let first;
  call.on("data", (request) => {
    first ??= request;
    if (first.name === "mute") return;
    if (!call.write(request)) {
      call.pause();
      call.once("drain", () => call.resume());
    }
  });
  call.on("end", () => {
    if (first?.name !== "hold" && first?.name !== "mute" && first?.name !== "cancel-clock") call.end();
  });
  call.on("cancelled", () => {
    if (first?.name === "cancel-clock") cancelledAt.set(first.id, process.hrtime.bigint());
  });
}

const grpcServer = new grpc.Server();
grpcServer.addService(Bench.service, { Unary: unary, Server: server, Client: client, Bidi: bidi });
const credentials = options.tls
  ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: options.cert, private_key: options.key }])
  : grpc.ServerCredentials.createInsecure();
grpcServer.bindAsync(`127.0.0.1:${options.port}`, credentials, (error, port) => {
  if (error) throw error;
  ready(port);
});
