import type { Answer } from "../../exchange/server-protocol.js";
import type { Status } from "../../rpc/status.js";
import { responseHead, trailersOnly } from "./response-head.js";
import { writeStatus } from "./status.js";

/** The answer's head, with the handler's headers. */
export function sendHead(answer: Answer): void {
  answer.exchange.sendHead(responseHead(answer.codec, answer.compression), answer.headers, false);
}

/** Head, message and trailers in one. */
export function respond(answer: Answer, prefix: Uint8Array, bytes: Uint8Array, _compressed: boolean, status: Status): void {
  const trailers = writeStatus(status);
  const head = responseHead(answer.codec, answer.compression);
  answer.exchange.respond(head, answer.headers, prefix, bytes, trailers.prepared, trailers.extra);
}

/** The status in trailers; alone when the head has not gone and has nothing to say. */
export function sendStatus(answer: Answer, status: Status, headSent: boolean): void {
  const { exchange } = answer;
  if (!headSent) {
    const { headers } = answer;
    if (headers.length === 0) {
      const { prepared, extra } = trailersOnly(status, answer.codec);
      exchange.sendHead(prepared, extra, true);
      return;
    }
    exchange.sendHead(responseHead(answer.codec, answer.compression), headers, false);
  }
  const { prepared, extra } = writeStatus(status);
  exchange.sendTrailers(prepared, extra);
}
