// What the checks in the page are made of: clients as a check asks for them, and what came of a call as JSON.
import { createClient, RpcError } from "sluice";
import * as page from "sluice/page";
import { connect, grpcWeb, grpcWebText, jsonCodec } from "sluice/web";
import { Bench, PayloadSchema } from "../../../build/gen/bench_pb.js";

const PROTOCOLS = { connect: "connect", "grpc-web": grpcWeb, "grpc-web-text": grpcWebText };

const CLIENTS = {
  "sluice/web"({ base, protocol = "connect", json, ...options }, service) {
    const channel = connect(base, { protocol: PROTOCOLS[protocol], ...(json && { codec: jsonCodec }), ...options });
    const left = () => {
      const { openCalls, openStreams, waitingCalls } = channel.statistics();
      return openCalls + openStreams + waitingCalls;
    };
    return { client: createClient(service, channel), left };
  },

  /** It counts nothing: what a call holds is its request, whose signal aborts when the call ends. */
  "sluice/page"({ base, json, ...options }, service) {
    signals.length = 0;
    const channel = page.connect(base, { ...(json && { codec: page.jsonCodec }), ...options });
    return { client: page.createClient(service, channel), left: () => signals.filter(({ aborted }) => !aborted).length };
  },
};

/** Those of all requests since a client of `sluice/page` was made. */
const signals = [];
const { fetch } = window;
window.fetch = function (url, init) {
  signals.push(init?.signal);
  // called as it was: a browser's takes nothing but its window for `this`
  return fetch.call(this, url, init);
};

/**
 * `at`: `{ entry, base, protocol, json, ...options of connect() }`; `entry` is the one of Sluice's that the client is made by.
 * `left()`: what the client holds: nothing, once its calls have ended.
 */
export function clientOf({ entry = "sluice/web", ...at }, service = Bench) {
  return CLIENTS[entry](at, service);
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
