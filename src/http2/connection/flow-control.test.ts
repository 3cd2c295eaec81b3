import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, NO_FIELDS } from "../../base/field.js";
import { bytesOf, End, NO_BYTES, Pair, REQUEST, RESPONSE, TRAILERS, type User } from "../../testing/engine/engine-pair.js";
import { data, headers, RawPeer, RESPONSE_BLOCK, setting, settings, settingsAck, windowUpdate } from "../../testing/engine/raw-peer.js";
import { WindowBudget } from "../flow/window-budget.js";

const INITIAL_WINDOW_SIZE = 4;

function respond(user: User, body: Uint8Array): void {
  user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, body, TRAILERS, NO_FIELDS);
}

test("DATA goes as far as the stream's window, the rest when it is widened", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 10)), headers(1, true));
  peer.frames();
  respond(peer.user, bytesOf("0123456789abcdef"));
  assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 0123456789"]);
  peer.send(windowUpdate(1, 2));
  assert.deepEqual(peer.lines(), ["DATA 1 ab"]);
  peer.send(windowUpdate(1, 100));
  assert.deepEqual(peer.lines(), ["DATA 1 cdef", "HEADERS 1 end"]);
  assert.equal(peer.user.end?.kind, "complete");
});

test("SETTINGS_INITIAL_WINDOW_SIZE moves the windows of open streams, below zero too", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 10)), headers(1, true));
  peer.user.stream.sendHead(RESPONSE, NO_FIELDS, false);
  peer.user.stream.sendData(NO_BYTES, bytesOf("0123456789ABCDEF"), true);
  peer.frames();
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 4)), windowUpdate(1, 6));
  assert.deepEqual(peer.lines(), ["SETTINGS ack"], "the window is 0 - 6 + 6");
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 7)));
  assert.deepEqual(peer.lines(), ["SETTINGS ack", "DATA 1 ABC"]);
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 70)));
  assert.deepEqual(peer.lines(), ["SETTINGS ack", "DATA 1 end DEF"]);
});

test("an empty last frame needs no window", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 0)), headers(1, true));
  peer.frames();
  peer.user.stream.sendHead(RESPONSE, NO_FIELDS, false);
  peer.user.stream.sendData(NO_BYTES, NO_BYTES, true);
  assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 end "]);
});

test("the connection's window bounds all streams together", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(INITIAL_WINDOW_SIZE, 1_000_000)), headers(1, true), headers(3, true));
  for (const user of peer.end.users) respond(user, new Uint8Array(40_000));
  let total = 0;
  const count = () => {
    for (const { type, payload } of peer.frames()) if (type === 0) total += payload.length;
  };
  for (let turn = 0; turn < 10; turn++) {
    count();
    peer.end.turnAsked = false;
    peer.end.engine.beginTurn(peer.now);
  }
  count();
  assert.equal(total, 65_535);
  peer.send(windowUpdate(0, 100_000));
  count();
  assert.equal(total, 80_000);
  assert.equal(peer.end.engine.openStreams, 0);
});

test("WINDOW_UPDATE: 0 and overflow are errors of the stream, or of the connection on stream 0", () => {
  for (const [increment, code] of [
    [0, 1],
    [0x7fff_ffff, 3],
  ] as const) {
    const peer = new RawPeer("server");
    peer.send(headers(1), headers(3), windowUpdate(1, increment));
    assert.deepEqual(peer.lines(), [`RST_STREAM 1 ${code}`]);
    assert.equal(peer.end.engine.openStreams, 1);
    peer.send(windowUpdate(0, increment));
    assert.match(peer.lines().at(-1) ?? "", new RegExp(`^GOAWAY 3 ${code} `));
    assert.equal(peer.over()?.code, code);
  }
});

test("a SETTINGS_INITIAL_WINDOW_SIZE that makes a window overflow ends the connection", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1), windowUpdate(1, 0x7fff_ffff - 65_535), settings(setting(INITIAL_WINDOW_SIZE, 65_536)));
  assert.equal(peer.over()?.code, 3);
});

test("stream credit goes back when bytes are consumed, the connection's on arrival", () => {
  const peer = new RawPeer("server", { maxWindowBytes: 0 });
  peer.end.onStreamHook = (user) => {
    user.reads = false;
  };
  peer.send(headers(1));
  for (let i = 0; i < 4; i++) peer.send(data(1, "x".repeat(10_000)));
  assert.deepEqual(peer.lines(), ["WINDOW_UPDATE 0 20000", "WINDOW_UPDATE 0 20000"]);
  peer.user.stream.consume(10_000);
  assert.deepEqual(peer.lines(), [], "less than a quarter");
  peer.user.stream.consume(10_000);
  assert.deepEqual(peer.lines(), ["WINDOW_UPDATE 1 20000"]);
  peer.user.stream.consume(1_000_000);
  assert.deepEqual(peer.lines(), ["WINDOW_UPDATE 1 20000"], "never more than was received");
});

test("padding is given back at once, and DATA for a stream that is gone counts for the connection", () => {
  const peer = new RawPeer("server", { maxWindowBytes: 0 });
  peer.end.onStreamHook = (user) => {
    user.reads = false;
  };
  peer.send(headers(1));
  const padded = Uint8Array.of(0, 1, 0, 0, 8, 0, 0, 0, 1, 251, ...new Array<number>(255).fill(0x61));
  for (let i = 0; i < 66; i++) peer.send(padded);
  assert.equal(peer.user.received, 66 * 4);
  // 252 of the 256 bytes of a frame are padding and its length; nothing has been consumed
  assert.deepEqual(peer.lines(), ["WINDOW_UPDATE 0 16384", "WINDOW_UPDATE 1 16632"]);
  peer.user.stream.reset(8);
  peer.frames();
  for (let i = 0; i < 3; i++) peer.send(data(1, "x".repeat(8_000)));
  assert.deepEqual(peer.lines(), ["WINDOW_UPDATE 0 16512"]);
});

test("DATA beyond a stream's window is an error of the stream, beyond the connection's of the connection", () => {
  const peer = new RawPeer("server", { initialWindowBytes: 100 });
  peer.end.onStreamHook = (user) => {
    user.reads = false;
  };
  peer.send(headers(1), data(1, "x".repeat(101)));
  assert.deepEqual(peer.lines(), ["RST_STREAM 1 3"]);
  assert.equal(peer.user.end?.initiator, "engine");
  const connection = new RawPeer("server", { maxWindowBytes: 0 });
  connection.send(headers(1));
  const burst = Uint8Array.from(new Array(5).fill([...data(1, "x".repeat(15_000))]).flat());
  connection.send(burst);
  assert.equal(connection.over()?.code, 3);
});

test("our initial window counts from the acknowledgement on", () => {
  const peer = new RawPeer("server", { initialWindowBytes: 100 }, false);
  peer.end.onStreamHook = (user) => {
    user.reads = false;
  };
  const preface = bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  peer.send(preface, settings(), headers(1), data(1, "x".repeat(1_000)));
  assert.equal(peer.user.received, 1_000);
  peer.send(settingsAck(), data(1, "x"));
  assert.equal(peer.user.end?.code, 3, "1,000 of 100 bytes are used");
});

test("a long path is filled: the window grows to what it holds, inside the budget", () => {
  const budget = new WindowBudget(8 * 1024 * 1024);
  const pair = new Pair({ delayMs: 50, budget });
  const size = 24 * 1024 * 1024;
  pair.server.onStreamHook = (user) => {
    user.keepText = false;
  };
  const user = pair.client.request();
  const chunk = new Uint8Array(64 * 1024);
  let sent = 0;
  user.onWritableHook = () => {
    while (sent < size) {
      sent += chunk.length;
      if (!user.stream.sendData(NO_BYTES, chunk, sent >= size)) return;
    }
  };
  user.onWritableHook(user);
  const start = pair.now;
  let most = 0;
  while (pair.server.users[0]?.received !== size && pair.now < start + 40_000) {
    pair.run(pair.now + 25);
    most = Math.max(most, budget.used);
  }
  assert.equal(pair.server.users[0]?.received, size);
  // 64 KiB a round trip of 100 ms would take 38 s
  assert.ok(pair.now - start < 3_000, `${pair.now - start} ms`);
  assert.ok(most > 1024 * 1024 && most <= 8 * 1024 * 1024, `${most} drawn`);
  user.stream.reset(8);
  pair.run();
  pair.assertClean();
});

test("a stream whose reader stands still keeps its window and does not stop its neighbours", () => {
  const budget = new WindowBudget();
  const pair = new Pair({ budget, delayMs: 5 });
  pair.server.onStreamHook = (user) => {
    user.reads = pair.server.users.length !== 1;
    user.keepText = false;
  };
  const parked = pair.client.request();
  parked.stream.sendData(NO_BYTES, new Uint8Array(1024 * 1024), true);
  const other = pair.client.request();
  other.stream.sendData(NO_BYTES, new Uint8Array(4 * 1024 * 1024), true);
  pair.run(pair.now + 20_000);
  assert.equal(pair.server.users[0]?.received, 65_535);
  assert.equal(pair.server.users[1]?.received, 4 * 1024 * 1024);
  for (const user of [parked, other]) user.stream.reset(8);
  pair.run();
  pair.assertClean();
});

test("small messages go in one frame of DATA as long as nothing comes between", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1), headers(3));
  const [first, second] = peer.end.users as [User, User];
  first.stream.sendHead(RESPONSE, NO_FIELDS, false);
  for (const text of ["a", "b", "c"]) first.stream.sendData(bytesOf("_"), bytesOf(text), false);
  second.stream.sendHead(RESPONSE, NO_FIELDS, false);
  first.stream.sendData(NO_BYTES, bytesOf("d"), false);
  first.stream.sendData(NO_BYTES, NO_BYTES, true);
  second.stream.sendData(NO_BYTES, bytesOf("e"), true);
  assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 _a_b_c", "HEADERS 3", "DATA 1 end d", "DATA 3 end e"]);
});

test("a header block larger than the peer's frames goes in CONTINUATION, with nothing between", () => {
  const peer = new RawPeer("client");
  peer.frames();
  const big = Array.from({ length: 40 }, (_, i) => new Field(`x-${i}`, "\u00ff".repeat(1_000)));
  peer.end.request(true, REQUEST, big);
  const frames = peer.frames();
  assert.deepEqual(
    frames.map(({ type, flags, payload }) => `${type} ${flags} ${payload.length <= 16_384}`),
    ["1 1 true", "9 0 true", "9 4 true"],
  );
  const whole = frames.reduce((sum, { payload }) => sum + payload.length, 0);
  assert.ok(whole > 40_000);
  const server = new End("server", 1, { maxHeaderListBytes: 1_048_576 });
  server.engine.receive(bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 1);
  server.engine.receive(settings(), 1);
  for (const { type, flags, id, payload } of frames) {
    const { length } = payload;
    server.engine.receive(Uint8Array.of(length >> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, id, ...payload), 1);
  }
  assert.deepEqual(
    server.users[0]?.head?.slice(REQUEST.length).map(({ name, value }) => `${name} ${value.length}`),
    big.map(({ name }) => `${name} 1000`),
  );
});

test("a response's head arrives before the body, and the body may be of any length", () => {
  const peer = new RawPeer("client");
  const user = peer.end.request(true);
  peer.send(headers(1, false, RESPONSE_BLOCK), data(1, "abc"), data(1, "", true));
  assert.deepEqual(user.events, ["head", "data", "data+end", "end complete"]);
});
