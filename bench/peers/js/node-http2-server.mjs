// Bare node:http2 with gRPC's framing by hand and without protobuf: what the platform itself costs. Only echoes and counts.
import http2 from "node:http2";
import { ready, serverOptions } from "./process.mjs";

const options = serverOptions();
const HEAD = { ":status": 200, "content-type": "application/grpc" };
const TRAILERS = { "grpc-status": "0" };

const methods = {
  "/bench.v1.Bench/Unary": unary,
  "/bench.v1.Bench/Server": server,
  "/bench.v1.Bench/Client": client,
  "/bench.v1.Bench/Bidi": bidi,
};

function onStream(stream, headers) {
  stream.on("error", () => {});
  const method = methods[headers[":path"]];
  if (method === undefined) return stream.respond({ ...HEAD, "grpc-status": "12" }, { endStream: true });
  stream.respond(HEAD, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(TRAILERS));
  method(stream);
}

function unary(stream) {
  whole(stream, (body) => stream.end(body));
}

function server(stream) {
  whole(stream, (body) => {
    let left = idOf(body.subarray(5));
    const write = () => {
      while (left > 0) {
        left--;
        if (!stream.write(body)) return stream.once("drain", write);
      }
      stream.end();
    };
    write();
  });
}

function client(stream) {
  let count = 0;
  const messages = splitter(() => count++);
  stream.on("data", messages);
  stream.on("end", () => {
    const id = varint(count);
    stream.end(Buffer.from([0, 0, 0, 0, id.length + 1, 8, ...id]));
  });
}

function bidi(stream) {
  let hold;
  const messages = splitter((message) => {
    hold ??= message.includes("hold");
    stream.write(message);
  });
  stream.on("data", messages);
  stream.on("end", () => hold || stream.end());
}

function whole(stream, then) {
  const chunks = [];
  stream.on("data", (chunk) => chunks.push(chunk));
  stream.on("end", () => then(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
}

/** Cuts a byte stream into messages, their 5-byte prefix included. */
function splitter(onMessage) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let at = 0;
    while (bytes.length - at >= 5) {
      const end = at + 5 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      onMessage(bytes.subarray(at, end));
      at = end;
    }
    rest = bytes.subarray(at);
  };
}

/** The field `id`, which every writer puts first. */
function idOf(message) {
  if (message[0] !== 8) return 0;
  let value = 0;
  for (let i = 1, shift = 0; i < 6; i++, shift += 7) {
    value |= (message[i] & 127) << shift;
    if (message[i] < 128) break;
  }
  return value;
}

function varint(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

const listener = options.tls ? http2.createSecureServer(options) : http2.createServer();
listener.on("stream", onStream);
listener.listen(options.port, "127.0.0.1", () => ready(listener.address().port));
