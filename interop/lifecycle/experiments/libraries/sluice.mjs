import { createClient } from "sluice";
import { connect as connectChannel, serve as serveRoutes } from "sluice/node";
import { TestService } from "../../../../build/gen/grpc-testing_pb.js";

export const codeOf = (error) => error.code ?? error.name;

export async function serve(handlers) {
  const server = await serveRoutes({
    onLog: () => {},
    routes: (r) =>
      r.service(TestService, {
        streamingOutputCall: (_request, context) => handlers.output(callOf(context)),
        fullDuplexCall: (requests, context) => handlers.duplex(callOf(context), requests),
        streamingInputCall: (requests, context) => handlers.input(callOf(context), requests),
      }),
  });
  return server.port;
}

function callOf(context) {
  return {
    script: context.requestHeaders.get("x-script"),
    signal: context.signal,
    whenDone: (told) => context.done.then(told),
  };
}

export function connect(address) {
  const client = createClient(TestService, connectChannel(`http://${address}`));
  const options = ({ script, ...rest }) => ({ headers: { "x-script": script }, ...rest });
  return {
    serverStream: (asked) => client.streamingOutputCall({}, options(asked)),
    bidi: (requests, asked) => client.fullDuplexCall(requests, options(asked)),
    clientStream: (requests, asked) => client.streamingInputCall(requests, options(asked)),
  };
}
