import { nameOf } from "./index.mjs";
import { imported, testService } from "./packages.mjs";

const { createChannel, createClient, createServer, Metadata } = await imported("nice-grpc");
const { service } = await testService();

export const codeOf = nameOf;

export async function serve(handlers) {
  const server = createServer();
  server.add(service, {
    StreamingOutputCall: (_request, context) => handlers.output(callOf(context)),
    FullDuplexCall: (requests, context) => handlers.duplex(callOf(context), requests),
    StreamingInputCall: (requests, context) => handlers.input(callOf(context), requests),
    EmptyCall: () => ({}),
    UnaryCall: () => ({}),
    CacheableUnaryCall: () => ({}),
    HalfDuplexCall: async function* () {},
    UnimplementedCall: () => ({}),
  });
  return server.listen("127.0.0.1:0");
}

/** Nothing tells a handler that its answer has been sent. */
function callOf(context) {
  return { script: context.metadata.get("x-script"), signal: context.signal, whenDone: () => {} };
}

export function connect(address) {
  const client = createClient(service, createChannel(address));
  const options = ({ script, onHeaders, signal }) => ({
    metadata: new Metadata({ "x-script": script }),
    ...(onHeaders === undefined ? {} : { onHeader: onHeaders }),
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    serverStream: (asked) => client.StreamingOutputCall({}, options(asked)),
    bidi: (requests, asked) => client.FullDuplexCall(requests, options(asked)),
    clientStream: (requests, asked) => client.StreamingInputCall(requests, options(asked)),
  };
}
