import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FIELDS } from "../../base/field.js";
import { bytesOf, NO_BYTES, Pair, RESPONSE } from "../../testing/engine/engine-pair.js";
import { headers, ping, RawPeer } from "../../testing/engine/raw-peer.js";

test("a silent peer is asked, and is lost when it does not answer", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1));
  peer.pass(59_999);
  assert.deepEqual(peer.lines(), []);
  peer.pass(1);
  assert.deepEqual(peer.lines(), ["PING"]);
  peer.pass(19_999);
  assert.equal(peer.over(), undefined);
  peer.pass(1);
  assert.equal(peer.user.end?.kind, "lost");
  assert.equal(peer.over()?.initiator, "network");
  assert.match(peer.over()?.message ?? "", /keepalive: the peer did not answer a PING within 20000 ms/);
});

test("anything the peer sends is an answer, and silence begins anew with it", () => {
  const peer = new RawPeer("server");
  peer.pass(60_000);
  assert.deepEqual(peer.lines(), ["PING"]);
  peer.pass(10_000);
  peer.send(headers(1));
  peer.pass(20_000);
  assert.equal(peer.over(), undefined);
  peer.pass(39_999);
  assert.deepEqual(peer.lines(), []);
  peer.pass(1);
  assert.deepEqual(peer.lines(), ["PING"]);
});

test("a client asks only when told to, and only while streams are open unless told otherwise", () => {
  const off = new RawPeer("client");
  off.end.request();
  off.frames();
  off.pass(1e9);
  assert.deepEqual(off.lines(), []);
  const on = new RawPeer("client", { keepaliveIntervalMs: 1_000, keepaliveTimeoutMs: 100 });
  on.frames();
  on.pass(10_000);
  assert.deepEqual(on.lines(), []);
  on.end.request();
  on.frames();
  on.pass(1_000);
  assert.deepEqual(on.lines(), ["PING"]);
  on.pass(100);
  assert.equal(on.over()?.initiator, "network");
  const always = new RawPeer("client", { keepaliveIntervalMs: 1_000, keepaliveWithoutStreams: true });
  always.frames();
  always.pass(1_000);
  assert.deepEqual(always.lines(), ["PING"]);
});

test("a peer that pings every 10 s is never punished, with or without streams", () => {
  for (const streams of [true, false]) {
    const peer = new RawPeer("server");
    if (streams) peer.send(headers(1));
    for (let i = 0; i < 1_000; i++) {
      peer.pass(10_000);
      peer.send(ping(i));
    }
    assert.equal(peer.over(), undefined);
  }
});

test("three PINGs too soon after another end the connection, unless we send something in between", () => {
  const peer = new RawPeer("server");
  for (let i = 0; i < 3; i++) peer.send(ping());
  assert.equal(peer.over(), undefined, "the first and two strikes");
  peer.send(ping());
  assert.match(peer.lines().at(-1) ?? "", /^GOAWAY 0 11 too_many_pings$/);
  const busy = new RawPeer("server");
  busy.send(headers(1));
  busy.user.stream.sendHead(RESPONSE, NO_FIELDS, false);
  for (let i = 0; i < 100; i++) {
    busy.send(ping(), ping());
    busy.user.stream.sendData(NO_BYTES, bytesOf("x"), false);
  }
  assert.equal(busy.over(), undefined);
});

test("a PING is answered with its payload, an answer that nobody waits for is ignored", () => {
  const peer = new RawPeer("client");
  peer.frames();
  peer.send(ping(0x01020304), ping(99, true));
  const [answer, ...more] = peer.frames();
  assert.deepEqual([answer?.flags, [...(answer?.payload ?? [])]], [1, [0, 0, 0, 0, 1, 2, 3, 4]]);
  assert.equal(more.length, 0);
});

test("two idle engines keep each other alive for a day", () => {
  const pair = new Pair({ delayMs: 10, client: { keepaliveIntervalMs: 10_000, keepaliveWithoutStreams: true } });
  pair.run(pair.now + 86_400_000);
  assert.equal(pair.client.closed, undefined);
  assert.equal(pair.server.closed, undefined);
});
