// @grpc/grpc-js, written as a careful user writes it: pipelines, drains awaited, cancellation listened for.
import { once } from "node:events";
import { pipeline, Readable } from "node:stream";
import { nameOf } from "./index.mjs";
import { imported, testService } from "./packages.mjs";

const grpc = await imported("@grpc/grpc-js");
const TestService = await testService();

export const codeOf = nameOf;

export function serve(handlers) {
  const server = new grpc.Server();
  server.addService(TestService.service, {
    StreamingOutputCall: (call) => answer(call, (known) => handlers.output(known)),
    FullDuplexCall: (call) => answer(call, (known) => handlers.duplex(known, call)),
    StreamingInputCall: (call, callback) => handlers.input(callOf(call), call).then((message) => callback(null, message), callback),
  });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
  });
}

async function answer(call, handle) {
  const known = callOf(call);
  try {
    for await (const message of handle(known)) {
      if (call.cancelled) break;
      if (!call.write(message)) await once(call, "drain", { signal: known.signal });
    }
    call.end();
  } catch (error) {
    if (!call.cancelled) call.destroy(error);
  }
}

function callOf(call) {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort());
  call.on("error", () => {});
  return { script: call.metadata.get("x-script")[0], signal: controller.signal, whenDone: (told) => call.on("finish", told) };
}

export function connect(address) {
  const client = new TestService(address, grpc.credentials.createInsecure());
  return {
    serverStream: (asked) => watch(client.StreamingOutputCall({}, metadataOf(asked)), asked),
    bidi(requests, asked) {
      const call = watch(client.FullDuplexCall(metadataOf(asked)), asked);
      pipeline(Readable.from(requests), call, (error) => error && call.cancel());
      return call;
    },
    clientStream: (requests, asked) =>
      new Promise((resolve, reject) => {
        const call = client.StreamingInputCall(metadataOf(asked), (error, message) => (error ? reject(error) : resolve(message)));
        watch(call, asked);
        pipeline(Readable.from(requests), call, (error) => error && call.cancel());
      }),
  };
}

function metadataOf({ script }) {
  const metadata = new grpc.Metadata();
  metadata.set("x-script", script);
  return metadata;
}

/** grpc-js takes no signal: the user listens. */
function watch(call, { signal, onHeaders }) {
  if (onHeaders !== undefined) call.on("metadata", onHeaders);
  if (signal !== undefined) {
    const cancel = () => call.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    call.on("status", () => signal.removeEventListener("abort", cancel));
  }
  return call;
}
