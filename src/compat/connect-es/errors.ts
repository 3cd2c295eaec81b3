import { ConnectError } from "@connectrpc/connect";
import { CodeNumber, codeToNumber } from "../../rpc/code.js";
import { detail } from "../../rpc/error-detail.js";
import { Metadata } from "../../rpc/metadata.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { addToHeaders, addToMetadata } from "./headers.js";
import { mapMessages } from "./messages.js";

/**
 * What a call of Sluice ended with, as connect-es says it; the `RpcError` is its cause. Its metadata are the trailers and the response headers
 * together: a server of connect-es sends the metadata of an error as headers where the protocol is Connect and the call unary.
 */
export function toConnectError(reason: unknown, headers?: Headers): ConnectError {
  if (!(reason instanceof RpcError)) return ConnectError.from(reason);
  const { code, message, metadata, details } = reason;
  const number = codeToNumber(code);
  const known = number <= CodeNumber.unauthenticated ? number : CodeNumber.unknown;
  const error = new ConnectError(message, known, addToHeaders(metadata, new Headers()), undefined, reason);
  error.details = [...details];
  headers?.forEach((value, name) => {
    error.metadata.append(name, value);
  });
  return error;
}

/**
 * What a handler written for connect-es threw, as Sluice says it. What is neither a `ConnectError` nor an `RpcError` stays what it is, so
 * that the server answers as it does for its own handlers.
 */
export function toRpcError(reason: unknown): unknown {
  if (reason instanceof RpcError || !(reason instanceof ConnectError)) return reason;
  // an error of Sluice's own that passed through: who caused it is kept
  if (reason.cause instanceof RpcError && codeToNumber(reason.cause.code) === reason.code) return reason.cause;
  const details = reason.details.map((given) => ("desc" in given ? detail(given.desc, given.value) : given));
  return new RpcError(reason.code, reason.rawMessage, { details, metadata: addToMetadata(reason.metadata, new Metadata()), cause: reason });
}

/** The messages of a call of Sluice, rejecting with what connect-es rejects with. Leaving it early leaves them. */
export function withConnectErrors<Message>(messages: AsyncIterable<Message>, headers?: Headers): AsyncIterable<Message> {
  return mapMessages(messages, { message: (message) => message, failure: (reason) => toConnectError(reason, headers) });
}
