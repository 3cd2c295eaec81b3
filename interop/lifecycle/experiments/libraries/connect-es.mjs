// @connectrpc/connect-node, the gRPC protocol over node:http2.
import http2 from "node:http2";
import { TestService } from "../../../../build/gen/grpc-testing_pb.js";
import { imported } from "./packages.mjs";

const { createClient, createConnectRouter, Code } = await imported("@connectrpc/connect");
const { createGrpcTransport, universalRequestFromNodeRequest, universalResponseToNodeResponse } =
  await imported("@connectrpc/connect-node");

export const codeOf = (error) => {
  const name = Code[error?.code];
  return name === undefined
    ? (error?.name ?? String(error))
    : name
        .replace(/\B[A-Z]/g, (letter) => `_${letter}`)
        .toLowerCase()
        .replace("canceled", "cancelled");
};

export async function serve(handlers) {
  const router = createConnectRouter();
  router.service(TestService, {
    streamingOutputCall: (_request, context) => handlers.output(callOf(context)),
    fullDuplexCall: (requests, context) => handlers.duplex(callOf(context), requests),
    streamingInputCall: (requests, context) => handlers.input(callOf(context), requests),
  });
  const byPath = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  // What connectNodeAdapter does, with its promise in sight: nothing else says that an answer is complete.
  const server = http2.createServer((request, response) => {
    const handler = byPath.get(request.url);
    const universal = universalRequestFromNodeRequest(request, response, undefined, undefined);
    const script = request.headers["x-script"];
    handler(universal)
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .then(() => whenDone.get(script)?.())
      .catch(() => {});
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server.address().port;
}

const whenDone = new Map();

function callOf(context) {
  const script = context.requestHeader.get("x-script");
  return { script, signal: context.signal, whenDone: (told) => whenDone.set(script, told) };
}

export function connect(address) {
  const client = createClient(TestService, createGrpcTransport({ baseUrl: `http://${address}` }));
  const options = ({ script, onHeaders, ...rest }) => ({ headers: { "x-script": script }, onHeader: onHeaders, ...rest });
  return {
    serverStream: (asked) => client.streamingOutputCall({}, options(asked)),
    bidi: (requests, asked) => client.fullDuplexCall(requests, options(asked)),
    clientStream: (requests, asked) => client.streamingInputCall(requests, options(asked)),
  };
}
