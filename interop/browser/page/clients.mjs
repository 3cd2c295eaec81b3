// What the checks in the page are made of: clients as a check asks for them, and what came of a call as JSON.
import { createClient, RpcError } from "sluice";
import { connect, grpcWeb, grpcWebText, jsonCodec } from "sluice/web";
import { Bench, PayloadSchema } from "../../../build/gen/bench_pb.js";

const PROTOCOLS = { connect: "connect", "grpc-web": grpcWeb, "grpc-web-text": grpcWebText };

/** `at`: `{ base, protocol, json, ...options of connect() }`. */
export function clientOf({ base, protocol = "connect", json = false, ...options }, service = Bench) {
  const channel = connect(base, { protocol: PROTOCOLS[protocol], ...(json && { codec: jsonCodec }), ...options });
  return { channel, client: createClient(service, channel) };
}

/** What is left of a channel: nothing, once its calls have ended. */
export function left(channel) {
  const { openCalls, openStreams, waitingCalls } = channel.statistics();
  return openCalls + openStreams + waitingCalls;
}

/** How a promise failed; undefined when it did not. */
export async function failure(promise) {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const { code, message, initiator } = error;
    return { code, message, initiator, details: error.findDetails(PayloadSchema).map(({ name }) => name) };
  }
}

/** The ids of the messages that a stream brings until it ends, and how it failed. */
export async function drained(stream) {
  const ids = [];
  const error = await failure(
    (async () => {
      for await (const { id } of stream) ids.push(id);
    })(),
  );
  return { ids, error };
}
