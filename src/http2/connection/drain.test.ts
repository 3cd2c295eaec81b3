import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FIELDS } from "../../base/field.js";
import { bytesOf, NO_BYTES, Pair, RESPONSE, TRAILERS, type User } from "../../testing/engine/engine-pair.js";
import { data, frame, goaway, headers, RawPeer, RESPONSE_BLOCK, rstStream } from "../../testing/engine/raw-peer.js";

function respond(user: User): void {
  user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("ok"), TRAILERS, NO_FIELDS);
}

const DRAIN_PING = frame(6, 1, 0, [1, 6, 1, 8, 0, 3, 3, 9]);

test("a server drains in two steps: what is on its way is taken until the peer has heard", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1, true));
  peer.end.engine.drain("deploy", peer.now);
  assert.deepEqual(peer.lines(), ["GOAWAY 2147483647 0 deploy", "PING"]);
  assert.deepEqual(peer.user.events, ["draining"]);
  assert.equal(peer.end.draining, 1);
  peer.send(headers(3, true));
  assert.equal(peer.end.users.length, 2, "it had not heard");
  assert.deepEqual(peer.user.events, ["draining"], "who comes late is told too");
  peer.send(DRAIN_PING);
  assert.deepEqual(peer.lines(), ["GOAWAY 3 0 deploy"]);
  peer.send(headers(5, true));
  assert.equal(peer.end.users.length, 2);
  for (const user of peer.end.users) {
    assert.equal(peer.over(), undefined);
    respond(user);
  }
  assert.deepEqual(peer.over(), { initiator: "application", code: 0, message: "drained: deploy" });
});

test("a peer that does not answer the PING has five seconds", () => {
  const peer = new RawPeer("server");
  peer.end.engine.drain("deploy", peer.now);
  peer.end.engine.drain("again", peer.now);
  peer.pass(4_999);
  assert.equal(peer.over(), undefined);
  peer.pass(1);
  assert.equal(peer.over()?.code, 0);
  assert.deepEqual(peer.lines(), ["GOAWAY 2147483647 0 deploy", "PING", "GOAWAY 0 0 deploy"]);
});

test("a drained pair: open calls finish, new ones go elsewhere, both ends close", () => {
  const pair = new Pair({ delayMs: 20, jitterMs: 5 });
  const users: User[] = [];
  for (let i = 0; i < 5; i++) users.push(pair.client.request(true));
  pair.run();
  pair.server.engine.drain("bye", pair.now);
  pair.run();
  assert.equal(pair.client.draining, 1);
  assert.equal(pair.client.engine.capacity, 0);
  assert.throws(() => pair.client.engine.openStream(users[0] as User), /capacity is 0/);
  for (const user of pair.server.users) respond(user);
  pair.run();
  for (const user of users) assert.equal(user.end?.kind, "complete");
  assert.equal(pair.client.closed?.message, "peer sent GOAWAY(NO_ERROR): bye");
  assert.equal(pair.server.closed?.message, "drained: bye");
  pair.assertClean();
});

test("a client drains: it opens no more, and closes with its last stream", () => {
  const pair = new Pair();
  const user = pair.client.request(true);
  pair.run();
  pair.client.engine.drain("enough", pair.now);
  assert.equal(pair.client.engine.capacity, 0);
  assert.equal(pair.client.engine.closed, false);
  respond(pair.server.users[0] as User);
  pair.run();
  assert.equal(user.end?.kind, "complete");
  assert.equal(pair.client.closed?.message, "drained: enough");
  assert.equal(pair.server.closed?.initiator, "peer");
});

test("streams above the last id of a GOAWAY are unprocessed, the others go on", () => {
  const peer = new RawPeer("client");
  const users = [peer.end.request(true), peer.end.request(true), peer.end.request(true)];
  const unsent = peer.end.opened();
  peer.send(goaway(3, 11, "too_many_pings"));
  assert.deepEqual(
    [...users, unsent].map((user) => user.end?.unprocessed),
    [undefined, undefined, true, true],
  );
  assert.equal(users[2]?.end?.message, "peer sent GOAWAY(ENHANCE_YOUR_CALM): too_many_pings");
  assert.deepEqual([users[2]?.end?.initiator, users[2]?.end?.code], ["peer", 11]);
  peer.send(goaway(1, 0));
  assert.equal(users[1]?.end?.unprocessed, true, "a later GOAWAY may lower the id");
  peer.send(headers(1, true, RESPONSE_BLOCK));
  assert.equal(users[0]?.end?.kind, "complete");
  assert.equal(peer.over()?.initiator, "peer");
});

test("a GOAWAY that raises the last id is an error", () => {
  const peer = new RawPeer("client");
  peer.end.request(true);
  peer.send(goaway(1, 0), goaway(3, 0));
  assert.equal(peer.over()?.code, 1);
});

test("a connection that is lost after GOAWAY with an error says why", () => {
  const peer = new RawPeer("client");
  const user = peer.end.request(true);
  peer.send(goaway(1, 11, "too_many_pings"));
  peer.end.engine.lost("the socket closed", peer.now);
  assert.equal(user.end?.kind, "lost");
  assert.equal(user.end?.message, "peer sent GOAWAY(ENHANCE_YOUR_CALM): too_many_pings");
  assert.equal(user.end?.unprocessed, false);
});

test("lost: every stream ends, those that were never sent are unprocessed, nothing follows", () => {
  const peer = new RawPeer("client");
  const [sent, unsent] = [peer.end.request(), peer.end.opened()];
  peer.end.engine.lost("the cable is cut", peer.now);
  assert.deepEqual([sent.end?.kind, sent.end?.initiator, sent.end?.unprocessed], ["lost", "network", false]);
  assert.equal(unsent.end?.unprocessed, true);
  assert.equal(peer.over()?.message, "the cable is cut");
  peer.end.engine.lost("again", peer.now);
  peer.end.engine.destroy("again");
  peer.end.engine.drain("again", peer.now);
  peer.send(headers(1, true, RESPONSE_BLOCK));
  peer.end.engine.handleTimeout(peer.now + 1e9);
  peer.end.engine.beginTurn(peer.now);
  sent.stream.sendData(NO_BYTES, bytesOf("x"), true);
  unsent.stream.sendHead(RESPONSE, NO_FIELDS, true);
  assert.equal(peer.end.engine.nextTimeout(), Number.POSITIVE_INFINITY);
});

test("the peer ends its writing side: streams are lost, what is written still goes", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1, true));
  respond(peer.user);
  peer.end.engine.receiveEnd(peer.now);
  assert.deepEqual(peer.lines(), ["HEADERS 1", "DATA 1 ok", "HEADERS 1 end"]);
  assert.deepEqual(peer.over(), { initiator: "peer", code: 0, message: "the peer closed the connection" });
});

test("destroy: GOAWAY, streams end as lost by the application", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1, true));
  peer.end.engine.destroy("shutting down");
  assert.deepEqual(peer.lines(), ["GOAWAY 1 0 shutting down"]);
  assert.deepEqual([peer.user.end?.kind, peer.user.end?.initiator, peer.user.end?.message], ["lost", "application", "shutting down"]);
});

test("destroyed, drained and reset from inside the events, also from inside onStream", () => {
  for (const [name, act] of [
    ["destroy", (peer: RawPeer) => peer.end.engine.destroy("now")],
    ["lost", (peer: RawPeer) => peer.end.engine.lost("now", peer.now)],
    ["reset", (peer: RawPeer) => peer.user.stream.reset(8)],
    ["respond", (peer: RawPeer) => respond(peer.user)],
  ] as const) {
    const onStream = new RawPeer("server");
    onStream.end.onStreamHook = () => act(onStream);
    onStream.send(Uint8Array.from([...headers(1), ...data(1, "x", true), ...headers(3)]));
    assert.ok(onStream.end.users[0]?.end !== undefined, `${name} in onStream`);
    const onData = new RawPeer("server");
    onData.end.onStreamHook = (user) => {
      user.onDataHook = () => act(onData);
    };
    onData.send(Uint8Array.from([...headers(1), ...data(1, "x", true), ...data(1, "y")]));
    assert.ok(onData.end.users[0]?.end !== undefined, `${name} in onData`);
    const onEnd = new RawPeer("server");
    onEnd.end.onStreamHook = (user) => {
      user.onEndHook = () => act(onEnd);
    };
    onEnd.send(headers(1), rstStream(1, 8));
    assert.ok(onEnd.end.users[0]?.end !== undefined, `${name} in onEnd`);
  }
});

test("a drain that ends inside onStream closes after the stream's onEnd", () => {
  const peer = new RawPeer("server");
  peer.end.onStreamHook = (user) => {
    respond(user);
    peer.end.engine.destroy("and done");
    assert.equal(peer.over(), undefined, "the stream has not been told");
  };
  peer.send(headers(1, true));
  assert.equal(peer.user.end?.kind, "complete");
  assert.equal(peer.over()?.message, "and done");
});

test("max age drains, its grace destroys; max idle drains", () => {
  const aged = new RawPeer("server", { maxAgeMs: 1_000, maxAgeGraceMs: 500, keepaliveIntervalMs: 1e9 });
  aged.send(headers(1, true));
  aged.frames();
  aged.pass(999);
  assert.equal(aged.end.draining, 0);
  aged.pass(1);
  assert.equal(aged.end.draining, 1);
  assert.match(aged.lines()[0] ?? "", /^GOAWAY 2147483647 0 max_age/);
  aged.pass(500);
  assert.equal(aged.user.end?.kind, "lost");
  const idle = new RawPeer("server", { maxIdleMs: 1_000, keepaliveIntervalMs: 1e9 });
  idle.send(headers(1, true));
  idle.pass(5_000);
  assert.equal(idle.end.draining, 0, "a stream is open");
  respond(idle.user);
  idle.frames();
  idle.pass(2_000);
  assert.match(idle.lines()[0] ?? "", /^GOAWAY 2147483647 0 max_idle/);
});
