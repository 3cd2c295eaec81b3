// How a server answered a request that must not be answered.
import { field, grpcStatus } from "../raw/connection.mjs";
import { codeName } from "../raw/frames.mjs";

/** Reads the answer to stream `id` from what the connection has seen. */
export function answerOf(connection, id) {
  const stream = connection.stream(id);
  const http = field(stream.head, ":status");
  const grpc = grpcStatus(stream);
  const goaway = connection.goaway !== undefined && connection.goaway.code !== 0 ? codeName(connection.goaway.code) : undefined;
  const reset = stream.reset !== undefined ? codeName(stream.reset) : undefined;
  return { http, grpc, reset, goaway, closed: connection.ended };
}

export function isGoodCall(answer) {
  return answer.grpc === "0";
}

/** In words, for the table. */
export function describe({ http, grpc, reset, goaway, closed }) {
  const parts = [];
  if (http !== undefined && http !== "200") parts.push(`HTTP ${http}`);
  if (grpc !== undefined) parts.push(`grpc-status ${grpc}`);
  if (reset !== undefined) parts.push(`RST_STREAM ${reset}`);
  if (goaway !== undefined) parts.push(`GOAWAY ${goaway}`);
  if (parts.length === 0) parts.push(closed ? "closed without a word" : "nothing");
  return parts.join(", ");
}

/** RFC 9113 §8.1.1: a malformed request is a stream error PROTOCOL_ERROR, before which the server may answer 400. */
export const malformed = {
  text: "RST_STREAM PROTOCOL_ERROR or HTTP 400",
  ok: ({ http, reset, goaway }) => goaway === undefined && (reset === "PROTOCOL_ERROR" || http === "400"),
};

/** One of these HTTP answers. */
export function http(...codes) {
  return { text: `HTTP ${codes.join(" or ")}`, ok: (answer) => answer.goaway === undefined && codes.includes(Number(answer.http)) };
}

/** One of these gRPC statuses, by number. */
export function grpc(...codes) {
  return { text: `grpc-status ${codes.join(" or ")}`, ok: (answer) => answer.goaway === undefined && codes.includes(Number(answer.grpc)) };
}

export function either(...expectations) {
  return { text: expectations.map(({ text }) => text).join(", or "), ok: (answer) => expectations.some(({ ok }) => ok(answer)) };
}
