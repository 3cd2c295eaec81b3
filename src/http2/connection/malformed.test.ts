import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "../../testing/engine/engine-pair.js";
import {
  data,
  frame,
  goaway,
  headers,
  ping,
  priority,
  RawPeer,
  REQUEST_BLOCK,
  RESPONSE_BLOCK,
  rstStream,
  setting,
  settings,
  TRAILER_BLOCK,
  windowUpdate,
} from "../../testing/engine/raw-peer.js";
import { FrameFlag, FrameType } from "../frame/frame-type.js";

const PROTOCOL = 1;
const FLOW = 3;
const CLOSED = 5;
const SIZE = 6;
const COMPRESSION = 9;

test("errors of the connection: GOAWAY with the RFC's code, open streams are lost, nothing more is read", () => {
  const cases: readonly (readonly [string, number, Uint8Array])[] = [
    ["an unknown index", COMPRESSION, headers(3, true, [0xff, 0xff, 0x00])],
    ["HEADERS on stream 0", PROTOCOL, headers(0)],
    ["HEADERS on an even stream", PROTOCOL, headers(2)],
    ["a header block that is interrupted", PROTOCOL, Buffer.concat([frame(FrameType.HEADERS, 0, 3, REQUEST_BLOCK), data(1, "x")])],
    [
      "CONTINUATION of another stream",
      PROTOCOL,
      Buffer.concat([frame(FrameType.HEADERS, 0, 3, REQUEST_BLOCK), frame(FrameType.CONTINUATION, 4, 5)]),
    ],
    ["CONTINUATION without HEADERS", PROTOCOL, frame(FrameType.CONTINUATION, 4, 1)],
    ["an unknown frame inside a header block", PROTOCOL, Buffer.concat([frame(FrameType.HEADERS, 0, 3, REQUEST_BLOCK), frame(0x77, 0, 0)])],
    ["DATA on an idle stream", PROTOCOL, data(5, "x")],
    ["RST_STREAM on an idle stream", PROTOCOL, rstStream(5, 8)],
    ["RST_STREAM on stream 0", PROTOCOL, rstStream(0, 8)],
    ["RST_STREAM of 3 bytes", SIZE, frame(FrameType.RST_STREAM, 0, 1, [0, 0, 0])],
    ["WINDOW_UPDATE on an idle stream", PROTOCOL, windowUpdate(5, 1)],
    ["WINDOW_UPDATE of 3 bytes", SIZE, frame(FrameType.WINDOW_UPDATE, 0, 1, [0, 0, 1])],
    ["PRIORITY on stream 0", PROTOCOL, priority(0, 1)],
    ["SETTINGS on a stream", PROTOCOL, frame(FrameType.SETTINGS, 0, 1)],
    ["SETTINGS of 5 bytes", SIZE, frame(FrameType.SETTINGS, 0, 0, [0, 1, 0, 0, 0])],
    ["an acknowledgement with entries", SIZE, frame(FrameType.SETTINGS, FrameFlag.ACK, 0, setting(1, 1))],
    ["ENABLE_PUSH of 2", PROTOCOL, settings(setting(2, 2))],
    ["INITIAL_WINDOW_SIZE of 2^31", FLOW, settings(setting(4, 0x8000_0000))],
    ["MAX_FRAME_SIZE of 16,383", PROTOCOL, settings(setting(5, 16_383))],
    ["MAX_FRAME_SIZE of 2^24", PROTOCOL, settings(setting(5, 16_777_216))],
    ["ENABLE_CONNECT_PROTOCOL of 2", PROTOCOL, settings(setting(8, 2))],
    ["PUSH_PROMISE", PROTOCOL, frame(FrameType.PUSH_PROMISE, 4, 1, [0, 0, 0, 2, ...REQUEST_BLOCK])],
    ["PING of 7 bytes", SIZE, frame(FrameType.PING, 0, 0, [0, 0, 0, 0, 0, 0, 0])],
    ["PING on a stream", PROTOCOL, frame(FrameType.PING, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0])],
    ["GOAWAY of 7 bytes", SIZE, frame(FrameType.GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0])],
    ["GOAWAY on a stream", PROTOCOL, frame(FrameType.GOAWAY, 0, 1, [0, 0, 0, 0, 0, 0, 0, 0])],
  ];
  for (const [name, code, bytes] of cases) {
    const peer = new RawPeer("server");
    peer.send(headers(1));
    peer.send(bytes, headers(7));
    assert.equal(peer.over()?.code, code, `${name}: ${peer.over()?.message}`);
    assert.equal(peer.end.users.length, 1, name);
    assert.equal(peer.user.end?.kind, "lost", name);
    assert.match(peer.lines().at(-1) ?? "", new RegExp(`^GOAWAY 1 ${code} .+`), name);
  }
});

test("a stream that was passed over is closed, one that was ended or reset is not opened again", () => {
  const lower = new RawPeer("server");
  lower.send(headers(5, true), headers(3, true));
  assert.equal(lower.over()?.code, PROTOCOL);
  const ended = new RawPeer("server");
  ended.send(headers(1, true));
  ended.user.stream.sendHead([], [], true);
  ended.send(headers(1, true));
  assert.equal(ended.over()?.code, CLOSED);
  const reset = new RawPeer("server");
  reset.send(headers(1), rstStream(1, 8), data(1, "x"), headers(1, true));
  assert.deepEqual(reset.lines(), ["RST_STREAM 1 5", "RST_STREAM 1 5"]);
  assert.equal(reset.over(), undefined);
});

test("what was on its way when we reset a stream is ignored", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1));
  peer.user.stream.reset(8);
  peer.frames();
  peer.send(data(1, "x"), windowUpdate(1, 5), headers(1, true, TRAILER_BLOCK), rstStream(1, 8), priority(1, 3));
  assert.deepEqual(peer.lines(), []);
  assert.equal(peer.over(), undefined);
});

test("malformed requests: RST_STREAM(PROTOCOL_ERROR), no handler sees them, the next is served", () => {
  const literal = (name: string, value: string) => [0x00, name.length, ...bytesOf(name), value.length, ...bytesOf(value)];
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ["no :method", REQUEST_BLOCK.slice(1)],
    ["upper case", [...REQUEST_BLOCK, ...literal("A", "b")]],
    ["connection", [...REQUEST_BLOCK, ...literal("connection", "close")]],
    ["te: gzip", [...REQUEST_BLOCK, ...literal("te", "gzip")]],
    ["a pseudo-field after a field", [...literal("a", "b"), ...REQUEST_BLOCK]],
    [":status", [...REQUEST_BLOCK, 0x88]],
    ["a body that is promised and does not come", [...REQUEST_BLOCK, ...literal("content-length", "5")]],
    ["extended CONNECT, which is not offered", [...REQUEST_BLOCK, ...literal(":protocol", "websocket")]],
  ];
  for (const [name, block] of cases) {
    const peer = new RawPeer("server");
    peer.send(headers(1, true, block), headers(3, true));
    assert.deepEqual(peer.lines(), ["RST_STREAM 1 1"], name);
    assert.equal(peer.end.users.length, 1, name);
    assert.equal(peer.user.stream.id, 3, name);
  }
});

test("content-length is held against the body", () => {
  const block = [...REQUEST_BLOCK, 0x0f, 0x0d, 0x01, 0x35];
  const ends = (...parts: Uint8Array[]) => {
    const peer = new RawPeer("server");
    peer.send(headers(1, false, block), ...parts);
    return peer.lines().join();
  };
  assert.equal(ends(data(1, "abc"), data(1, "de", true)), "");
  assert.equal(ends(data(1, "abc"), data(1, "d", true)), "RST_STREAM 1 1");
  assert.equal(ends(data(1, "abcdef")), "RST_STREAM 1 1");
  assert.equal(ends(data(1, "abc"), headers(1, true, TRAILER_BLOCK)), "RST_STREAM 1 1");
  assert.equal(ends(data(1, "abcde"), headers(1, true, TRAILER_BLOCK)), "");
});

test("malformed responses reset the stream and name what was wrong", () => {
  const cases: readonly (readonly [string, readonly Uint8Array[], RegExp])[] = [
    ["no :status", [headers(1, true, TRAILER_BLOCK)], /:status is missing/],
    ["DATA before the head", [data(1, "x")], /DATA before the response's head/],
    ["trailers that do not end", [headers(1, false, RESPONSE_BLOCK), headers(1, false, TRAILER_BLOCK)], /trailers without END_STREAM/],
    ["an interim response that ends", [headers(1, true, [0x08, 0x03, 0x31, 0x30, 0x33])], /103/],
    ["101", [headers(1, false, [0x08, 0x03, 0x31, 0x30, 0x31])], /101/],
  ];
  for (const [name, parts, message] of cases) {
    const peer = new RawPeer("client");
    const user = peer.end.request(true);
    peer.frames();
    peer.send(...parts);
    assert.equal(user.end?.kind, "reset", name);
    assert.equal(user.end?.initiator, "engine", name);
    assert.match(user.end?.message ?? "", message, name);
    assert.deepEqual(peer.lines(), ["RST_STREAM 1 1"], name);
  }
});

test("interim responses are swallowed", () => {
  const peer = new RawPeer("client");
  const user = peer.end.request(true);
  peer.send(headers(1, false, [0x08, 0x03, 0x31, 0x30, 0x33]), headers(1, true, RESPONSE_BLOCK));
  assert.deepEqual(user.events, ["head+end", "end complete"]);
});

test("a server that opens streams, pushes or enables push is faulty", () => {
  for (const bytes of [headers(2), frame(FrameType.PUSH_PROMISE, 4, 1, [0, 0, 0, 2, ...REQUEST_BLOCK]), settings(setting(2, 1))]) {
    const peer = new RawPeer("client");
    peer.end.request(true);
    peer.send(bytes);
    assert.equal(peer.over()?.code, PROTOCOL);
  }
});

test("unknown frames, settings, flags and error codes are ignored", () => {
  const peer = new RawPeer("server");
  peer.send(frame(0x77, 0xff, 0x7fff_ffff, [1, 2, 3]), settings(setting(0x9999, 7)), frame(FrameType.PING, 0xfe, 0, new Uint8Array(8)));
  peer.send(headers(1), rstStream(1, 0x1234));
  assert.deepEqual(peer.lines(), ["SETTINGS ack", "PING ack"]);
  assert.equal(peer.user.end?.message, "peer sent RST_STREAM(0x1234)");
});

test("REFUSED_STREAM says that no handler has seen the request", () => {
  const peer = new RawPeer("client");
  const user = peer.end.request(true);
  peer.send(rstStream(1, 7));
  assert.deepEqual([user.end?.unprocessed, user.end?.initiator, user.end?.message], [true, "peer", "peer sent RST_STREAM(REFUSED_STREAM)"]);
});

test("a peer that speaks something else is told apart, in a sentence", () => {
  const server = (text: string) => {
    const peer = new RawPeer("server", {}, false);
    peer.send(bytesOf(text));
    return peer.over()?.message ?? "open";
  };
  assert.match(server("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), /the peer sent an HTTP\/1 request/);
  assert.match(server("POST /x HTTP/1.1\r\n"), /the peer sent an HTTP\/1 request/);
  assert.match(server("PUT /x HTTP/1.1\r\n"), /the peer sent an HTTP\/1 request/);
  assert.match(server("\x16\x03\x01\x02\x00"), /the peer began a TLS handshake/);
  assert.match(server("SSH-2.0-OpenSSH"), /not the HTTP\/2 preface/);
  for (const cut of [1, 5, 9, 20]) {
    const peer = new RawPeer("client", {}, false);
    const user = peer.end.request(true);
    const answer = bytesOf("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.send(answer.subarray(0, cut), answer.subarray(cut));
    assert.match(user.end?.message ?? "", /the peer answered in HTTP\/1\.1/, `cut at ${cut}`);
  }
  const wrong = new RawPeer("client", {}, false);
  wrong.send(ping());
  assert.match(wrong.over()?.message ?? "", /the first frame is not SETTINGS/);
});

test("GOAWAY's debug text is shown as one printable line", () => {
  const peer = new RawPeer("client");
  const user = peer.end.request(true);
  peer.send(goaway(0, 11, "a\nb\u00ff"));
  assert.equal(user.end?.message, "peer sent GOAWAY(ENHANCE_YOUR_CALM): a?b?");
});
