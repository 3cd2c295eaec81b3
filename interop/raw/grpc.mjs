// gRPC requests by hand: heads, length-prefixed messages, and the messages of bench.v1 in protobuf.

import * as h2 from "./frames.mjs";
import { headerBlock } from "./header-block.mjs";

export const BENCH = "/bench.v1.Bench";

/** The head of a good call; `extra` is added, a name with `undefined` takes one away. */
export function callHead(path = `${BENCH}/Unary`, extra = {}) {
  const fields = new Map([
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "127.0.0.1"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
  ]);
  for (const [name, value] of Object.entries(extra)) {
    if (value === undefined) fields.delete(name);
    else fields.set(name, value);
  }
  return [...fields];
}

export function call(streamId, path, extra, options) {
  return h2.headers(streamId, headerBlock(callHead(path, extra)), options);
}

/** A message with its five bytes before it. */
export function envelope(message, { compressed = false, length = message.length } = {}) {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

/** bench.v1.Payload: `id` = 1, `name` = 2, `body` = 3. */
export function payload({ id, name, body } = {}) {
  const parts = [];
  if (id !== undefined) parts.push(Buffer.of(0x08), varint(id));
  if (name !== undefined) parts.push(Buffer.of(0x12), varint(Buffer.byteLength(name)), Buffer.from(name));
  if (body !== undefined) parts.push(Buffer.of(0x1a), varint(body.length), body);
  return Buffer.concat(parts);
}

function varint(value) {
  const bytes = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return Buffer.from(bytes);
}
