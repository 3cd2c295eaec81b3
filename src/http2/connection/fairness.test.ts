import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FIELDS } from "../../base/field.js";
import { bytesOf, NO_BYTES, Pair, RESPONSE, TRAILERS, type User } from "../../testing/engine/engine-pair.js";
import { headers, RawPeer, setting, settings, windowUpdate } from "../../testing/engine/raw-peer.js";

function wide(peer: RawPeer): void {
  peer.send(settings(setting(4, 0x3fff_ffff)), windowUpdate(0, 0x3fff_ffff));
  peer.frames();
}

function turn(peer: RawPeer): void {
  peer.end.turnAsked = false;
  peer.end.engine.beginTurn(peer.now);
}

test("one huge message never starves small ones: they are out within a turn", () => {
  const peer = new RawPeer("server");
  wide(peer);
  peer.send(headers(1, true), headers(3, true));
  const [huge, small] = peer.end.users as [User, User];
  huge.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, new Uint8Array(50 * 1024 * 1024), TRAILERS, NO_FIELDS);
  const first = peer.frames().filter(({ type }) => type === 0);
  assert.equal(
    first.reduce((sum, { payload }) => sum + payload.length, 0),
    65_536,
    "a turn's budget",
  );
  small.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("small"), TRAILERS, NO_FIELDS);
  turn(peer);
  assert.equal(small.end?.kind, "complete");
  const lines = peer.lines();
  assert.ok(lines.indexOf("DATA 3 small") <= 2, lines.join());
});

test("streams with queued data take turns, a frame each", () => {
  const peer = new RawPeer("server");
  wide(peer);
  for (const id of [1, 3, 5]) peer.send(headers(id, true));
  for (const user of peer.end.users) user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, new Uint8Array(400_000), TRAILERS, NO_FIELDS);
  peer.frames();
  const order: number[] = [];
  for (let i = 0; i < 6; i++) {
    turn(peer);
    order.push(
      ...peer
        .frames()
        .filter(({ type }) => type === 0)
        .map(({ id }) => id),
    );
  }
  for (let i = 0; i + 3 <= order.length; i += 3) assert.deepEqual(new Set(order.slice(i, i + 3)), new Set([1, 3, 5]), order.join());
});

test("writers go on in the order in which they had to wait, once a turn", () => {
  const peer = new RawPeer("server");
  wide(peer);
  for (const id of [1, 3, 5]) peer.send(headers(id, true));
  const order: number[] = [];
  const chunk = new Uint8Array(20_000);
  const write = (user: User) => {
    for (let i = 0; i < 100; i++) if (!user.stream.sendData(NO_BYTES, chunk, false)) return;
    assert.fail("never told to wait");
  };
  for (const user of peer.end.users) {
    user.stream.sendHead(RESPONSE, NO_FIELDS, false);
    user.onWritableHook = () => {
      order.push(user.stream.id);
      write(user);
    };
    write(user);
  }
  for (let i = 0; i < 30; i++) {
    assert.equal(peer.end.turnAsked, true);
    turn(peer);
    peer.frames();
  }
  const counts = [1, 3, 5].map((id) => order.filter((other) => other === id).length);
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `${counts}`);
  assert.ok(peer.end.engine.statistics.queuedBytes <= 3 * (65_536 + 20_000), "queues are bounded by the mark");
});

test("a writer that heeds sendData holds a bounded queue against a peer that does not read", () => {
  const pair = new Pair({ delayMs: 1 });
  pair.server.onStreamHook = (user) => {
    user.stream.sendHead(RESPONSE, NO_FIELDS, false);
    const write = () => {
      for (let i = 0; i < 1_000_000; i++) if (!user.stream.sendData(NO_BYTES, new Uint8Array(1_000), false)) return;
      assert.fail("never told to wait");
    };
    user.onWritableHook = write;
    write();
  };
  const user = pair.client.request(true);
  user.reads = false;
  pair.run();
  assert.ok(pair.server.engine.statistics.queuedBytes <= 65_536 + 1_000);
  assert.equal(user.received, 65_535);
  user.stream.reset(8);
  pair.run();
  pair.assertClean();
});

test("many streams without a window queue little each, and all is sent when they get one", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(4, 0)));
  const chunk = new Uint8Array(4_000);
  for (let i = 0; i < 200; i++) {
    peer.send(headers(1 + 2 * i, true));
    const { user } = peer;
    let left = 20;
    user.stream.sendHead(RESPONSE, NO_FIELDS, false);
    const write = () => {
      while (left > 0) if (!user.stream.sendData(NO_BYTES, chunk, --left === 0)) return;
    };
    user.onWritableHook = write;
    write();
  }
  assert.ok(peer.end.engine.statistics.queuedBytes <= 1_048_576 + 200 * 4_000, `${peer.end.engine.statistics.queuedBytes}`);
  peer.send(settings(setting(4, 100_000)), windowUpdate(0, 100_000_000));
  for (let i = 0; i < 1_000 && peer.end.engine.openStreams > 0; i++) {
    turn(peer);
    peer.frames();
  }
  assert.equal(peer.end.engine.openStreams, 0);
  assert.equal(peer.end.engine.statistics.queuedBytes, 0);
});

test("while the byte stream is blocked no DATA is framed, and everything goes on when it has drained", () => {
  const peer = new RawPeer("server");
  wide(peer);
  peer.send(headers(1, true));
  peer.end.engine.outputBlocked(peer.now);
  peer.user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("later"), TRAILERS, NO_FIELDS);
  assert.deepEqual(peer.lines(), ["HEADERS 1"]);
  peer.end.engine.outputDrained(peer.now);
  assert.deepEqual(peer.lines(), ["DATA 1 later", "HEADERS 1 end"]);
});

test("discardQueued drops what is not framed and lets trailers go", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(4, 3)), headers(1, true));
  peer.frames();
  const { stream } = peer.user;
  stream.sendHead(RESPONSE, NO_FIELDS, false);
  stream.sendData(NO_BYTES, bytesOf("abcdef"), false);
  stream.discardQueued();
  stream.sendTrailers(TRAILERS, NO_FIELDS);
  assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 abc", "HEADERS 1 end"]);
  assert.equal(peer.user.end?.kind, "complete");
  peer.send(headers(3, true));
  peer.user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("abcdef"), TRAILERS, NO_FIELDS);
  peer.user.stream.discardQueued();
  assert.deepEqual(peer.lines(), ["HEADERS 3", "DATA 3 abc", "HEADERS 3 end"], "the end that was queued goes at once");
  assert.equal(peer.end.engine.statistics.queuedBytes, 0);
});

test("reset(NO_ERROR) after the end waits for the queue, and with any other code does not", () => {
  for (const code of [0, 8]) {
    const peer = new RawPeer("server");
    peer.send(settings(setting(4, 3)), headers(1));
    peer.frames();
    const { user } = peer;
    user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("abcdef"), TRAILERS, NO_FIELDS);
    assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 abc"]);
    user.stream.reset(code);
    const ended = user.events.includes("end reset");
    if (code === 8) {
      assert.equal(ended, true);
      assert.deepEqual(peer.lines(), ["RST_STREAM 1 8"]);
      continue;
    }
    assert.equal(ended, false);
    peer.send(windowUpdate(1, 100));
    assert.deepEqual(peer.lines(), ["DATA 1 def", "HEADERS 1 end", "RST_STREAM 1 0"]);
    assert.equal(user.end?.message, "this side sent RST_STREAM(NO_ERROR)");
  }
});
