// Frames by hand (RFC 9113 §4.1), well-formed or not, as the caller wishes.
export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
};
export const Flag = { END_STREAM: 1, ACK: 1, END_HEADERS: 4, PADDED: 8, PRIORITY: 0x20 };
export const Setting = { HEADER_TABLE_SIZE: 1, ENABLE_PUSH: 2, MAX_CONCURRENT_STREAMS: 3, INITIAL_WINDOW_SIZE: 4, MAX_FRAME_SIZE: 5 };
export const Code = Object.fromEntries(
  `NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL
   COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED`
    .split(/\s+/)
    .map((name, code) => [name, code]),
);
export const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
export const FRAME_HEAD = 9;

export function codeName(code) {
  return Object.keys(Code)[code] ?? String(code);
}

export function frame(type, flags, streamId, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export function settings(pairs = []) {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [i, [name, value]] of pairs.entries()) {
    payload.writeUInt16BE(name, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  }
  return frame(Type.SETTINGS, 0, 0, payload);
}

export function windowUpdate(streamId, increment) {
  return frame(Type.WINDOW_UPDATE, 0, streamId, uint32(increment));
}

export function reset(streamId, code = Code.CANCEL) {
  return frame(Type.RST_STREAM, 0, streamId, uint32(code));
}

export function ping(text = "12345678") {
  return frame(Type.PING, 0, 0, Buffer.from(text, "latin1"));
}

export function priority(streamId, dependsOn, weight = 15) {
  return frame(Type.PRIORITY, 0, streamId, Buffer.concat([uint32(dependsOn), Buffer.of(weight)]));
}

/** HEADERS in one frame. */
export function headers(streamId, block, { end = false } = {}) {
  return frame(Type.HEADERS, Flag.END_HEADERS | (end ? Flag.END_STREAM : 0), streamId, block);
}

/** DATA, cut into frames that every peer must take. */
export function data(streamId, bytes, { end = false } = {}) {
  const frames = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 16_384) {
    const last = at + 16_384 >= bytes.length;
    frames.push(frame(Type.DATA, end && last ? Flag.END_STREAM : 0, streamId, bytes.subarray(at, at + 16_384)));
  }
  return Buffer.concat(frames);
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
