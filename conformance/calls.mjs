// Makes one call as the suite describes it, and says what came of it.
import { create } from "@bufbuild/protobuf";
import { anyUnpackTo } from "@bufbuild/protobuf/wkt";
import { ClientResponseResultSchema } from "../build/gen/connectrpc/conformance/v1/client_compat_pb.js";
import { StreamType } from "../build/gen/connectrpc/conformance/v1/config_pb.js";
import { ConformancePayloadSchema, ConformanceService } from "../build/gen/connectrpc/conformance/v1/service_pb.js";
import { fromError, fromMetadata, toMetadata } from "./wire.mjs";

const METHODS = {
  Unary: unary,
  IdempotentUnary: unary,
  Unimplemented: unary,
  ServerStream: serverStream,
  ClientStream: clientStream,
  BidiStream: bidiStream,
};

/** Rejects only when the description cannot be followed: errors of the call are results. */
export async function call(request, client) {
  const descriptor = ConformanceService.methods.find(({ name }) => name === request.method);
  if (request.service !== ConformanceService.typeName || descriptor === undefined) throw new Error(`no method ${request.method}`);
  const result = create(ClientResponseResultSchema);
  const abort = new AbortController();
  const options = {
    signal: abort.signal,
    headers: toMetadata(request.requestHeaders),
    onHeaders: (headers) => void (result.responseHeaders = fromMetadata(headers)),
    onTrailers: (trailers) => void (result.responseTrailers = fromMetadata(trailers)),
    ...(request.timeoutMs !== undefined && { timeoutMs: request.timeoutMs }),
    ...(request.messageReceiveLimit > 0 && { maxReceiveBytes: request.messageReceiveLimit }),
  };
  const method = client[descriptor.localName];
  const messages = request.requestMessages.map((any) => unpack(any, descriptor.input));
  const timer = cancelAfterCloseSend(request, abort);
  try {
    await METHODS[request.method]({ method, messages, options, request, result, abort, ...timer });
  } catch (error) {
    result.error = fromError(error);
  } finally {
    timer.stop();
  }
  return result;
}

function unpack(any, schema) {
  const message = create(schema);
  if (!anyUnpackTo(any, schema, message)) throw new Error(`a request message is a ${any.typeUrl}`);
  return message;
}

/** `closedSend()` begins the time after which the call is to be cancelled, where there is such. */
function cancelAfterCloseSend({ cancel }, abort) {
  let timer;
  return {
    closedSend() {
      if (cancel?.cancelTiming.case === "afterCloseSendMs") timer = setTimeout(() => abort.abort(), cancel.cancelTiming.value);
    },
    stop: () => clearTimeout(timer),
  };
}

async function unary({ method, messages: [message], options, result, closedSend }) {
  const response = method(message, options);
  closedSend();
  result.payloads.push(payloadOf(await response));
}

/** A response without a payload is a response all the same. */
function payloadOf({ payload }) {
  return payload ?? create(ConformancePayloadSchema);
}

async function serverStream(run) {
  const { method, messages, options, closedSend } = run;
  const stream = method(messages[0], options);
  closedSend();
  await receiveRest(stream, run);
}

async function clientStream({ method, messages, options, request, result, abort, closedSend }) {
  const stream = method(options);
  const unsent = await sendAll(stream, messages, request);
  result.numUnsentRequests = unsent;
  if (request.cancel?.cancelTiming.case === "beforeCloseSend") abort.abort();
  const response = stream.finish();
  closedSend();
  result.payloads.push(payloadOf(await response));
}

async function bidiStream(run) {
  const { method, messages, options, request, result, abort, closedSend } = run;
  const stream = method(options);
  if (request.streamType === StreamType.FULL_DUPLEX_BIDI_STREAM) {
    for (const [i, message] of messages.entries()) {
      await pause(request.requestDelayMs);
      if (!(await sent(stream, message))) {
        result.numUnsentRequests = messages.length - i;
        break;
      }
      if ((await receiveOne(stream, run)) === undefined) break;
    }
  } else {
    result.numUnsentRequests = await sendAll(stream, messages, request);
  }
  if (request.cancel?.cancelTiming.case === "beforeCloseSend") abort.abort();
  stream.closeSend();
  closedSend();
  await receiveRest(stream, run);
}

/** Returns how many could not be sent: the call had ended. */
async function sendAll(stream, messages, { requestDelayMs }) {
  for (const [i, message] of messages.entries()) {
    await pause(requestDelayMs);
    if (!(await sent(stream, message))) return messages.length - i;
  }
  return 0;
}

async function sent(stream, message) {
  try {
    await stream.send(message);
    return true;
  } catch {
    return false;
  }
}

async function receiveRest(stream, run) {
  while ((await receiveOne(stream, run)) !== undefined);
}

async function receiveOne(stream, { request, result, abort }) {
  const response = await stream.receive({ signal: abort.signal });
  if (response === undefined) return undefined;
  result.payloads.push(payloadOf(response));
  const { cancelTiming } = request.cancel ?? {};
  if (cancelTiming?.case === "afterNumResponses" && result.payloads.length === cancelTiming.value) abort.abort();
  return response;
}

function pause(ms) {
  return ms === 0 ? undefined : new Promise((resolve) => setTimeout(resolve, ms));
}
