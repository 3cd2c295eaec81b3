import * as cancel from "./cancel.mjs";
import * as compression from "./compression.mjs";
import * as metadata from "./metadata.mjs";
import * as soak from "./soak.mjs";
import * as status from "./status.mjs";
import * as streaming from "./streaming.mjs";
import * as unary from "./unary.mjs";

/** The interop cases by the names that gRPC's test descriptions give them. */
export const cases = {
  empty_unary: unary.emptyUnary,
  cacheable_unary: unary.cacheableUnary,
  large_unary: unary.largeUnary,
  client_compressed_unary: compression.clientCompressedUnary,
  server_compressed_unary: compression.serverCompressedUnary,
  client_streaming: streaming.clientStreaming,
  client_compressed_streaming: compression.clientCompressedStreaming,
  server_streaming: streaming.serverStreaming,
  server_compressed_streaming: compression.serverCompressedStreaming,
  ping_pong: streaming.pingPong,
  empty_stream: streaming.emptyStream,
  custom_metadata: metadata.customMetadata,
  status_code_and_message: status.statusCodeAndMessage,
  special_status_message: status.specialStatusMessage,
  unimplemented_method: status.unimplementedMethod,
  unimplemented_service: status.unimplementedService,
  cancel_after_begin: cancel.cancelAfterBegin,
  cancel_after_first_response: cancel.cancelAfterFirstResponse,
  timeout_on_sleeping_server: cancel.timeoutOnSleepingServer,
  concurrent_large_unary: unary.concurrentLargeUnary,
  pick_first_unary: unary.pickFirstUnary,
  rpc_soak: soak.rpcSoak,
  channel_soak: soak.channelSoak,
};
