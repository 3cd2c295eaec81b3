import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, NO_FIELDS } from "../../base/field.js";
import { UsageError } from "../../base/usage-error.js";
import { bytesOf, NO_BYTES, REQUEST, RESPONSE, TRAILERS, type User } from "../../testing/engine/engine-pair.js";
import {
  data,
  frame,
  headers,
  ping,
  priority,
  RawPeer,
  REQUEST_BLOCK,
  rstStream,
  setting,
  settings,
  settingsAck,
  windowUpdate,
} from "../../testing/engine/raw-peer.js";
import { FrameFlag, FrameType } from "../frame/frame-type.js";
import { resolveLimits } from "../limits.js";

const CALM = 11;

function joined(count: number, make: (i: number) => Uint8Array): Uint8Array {
  const parts = Array.from({ length: count }, (_, i) => make(i));
  return new Uint8Array(Buffer.concat(parts));
}

function assertCalm(peer: RawPeer, text: RegExp): void {
  assert.equal(peer.over()?.code, CALM, `not closed: ${text}`);
  assert.match(peer.lines().at(-1) ?? "", text);
}

test("options: defaults by role, every one checked, unknown ones named", () => {
  assert.equal(resolveLimits("server").keepaliveIntervalMs, 60_000);
  assert.equal(resolveLimits("client").keepaliveIntervalMs, Number.POSITIVE_INFINITY);
  assert.equal(resolveLimits("server", { maxConcurrentStreams: undefined }).maxConcurrentStreams, 250);
  const bad = [
    { maxConcurrentStreams: 0 },
    { maxFrameBytes: 1 },
    { headerTimeoutMs: Number.NaN },
    { keepaliveWithoutStreams: 1 },
    { nonsense: 1 },
  ];
  for (const options of bad) {
    const name = Object.keys(options)[0] as string;
    assert.throws(
      () => resolveLimits("server", options as never),
      (error) => error instanceof UsageError && error.message.includes(name),
    );
  }
  assert.throws(() => resolveLimits("server", { pauseControlFrames: 10, maxControlFrames: 9 }), /maxControlFrames/);
});

test("streams over the limit are refused before any event, and the connection stays", () => {
  const peer = new RawPeer("server", { maxConcurrentStreams: 2 });
  peer.send(joined(4_000, (i) => headers(1 + 2 * i)));
  assert.equal(peer.end.users.length, 2);
  assert.equal(peer.lines().filter((line) => / 7$/.test(line)).length, 3_998);
  assert.equal(peer.over(), undefined);
});

test("a slot stays taken until the stream has closed and the handler has settled", () => {
  const peer = new RawPeer("server", { maxConcurrentStreams: 1 });
  peer.end.onStreamHook = (user) => {
    user.settles = false;
  };
  peer.send(headers(1), rstStream(1, 8));
  assert.equal(peer.end.engine.openStreams, 0);
  assert.equal(peer.end.engine.slots, 1);
  peer.send(headers(3));
  assert.deepEqual(peer.lines(), ["RST_STREAM 3 7"]);
  peer.end.users[0]?.stream.settled();
  peer.end.users[0]?.stream.settled();
  assert.equal(peer.end.engine.slots, 0);
  peer.send(headers(5));
  peer.user.stream.settled();
  assert.equal(peer.end.engine.slots, 1, "settled, but its stream is open");
  peer.send(rstStream(5, 8));
  assert.equal(peer.end.engine.slots, 0);
});

test("2,000 cancels as fast as they can leave the connection up", () => {
  const peer = new RawPeer("server");
  for (let i = 0; i < 2_000; i++) peer.send(headers(1 + 2 * i), rstStream(1 + 2 * i, 8));
  assert.equal(peer.over(), undefined);
  assert.equal(peer.end.users.length, 2_000);
  assert.equal(peer.end.engine.slots, 0);
});

test("resets are limited by rate, not for life: 2,000 a second go on for ever, a flood does not", () => {
  const honest = new RawPeer("server", { keepaliveIntervalMs: 1e9 });
  let id = 1;
  for (let second = 0; second < 30; second++, honest.pass(1_000)) {
    honest.send(joined(2_000, () => Buffer.concat([headers(id), rstStream((id += 2) - 2, 8)])));
    honest.end.users.length = 0;
  }
  assert.equal(honest.over(), undefined);
  const flood = new RawPeer("server");
  let opened = 0;
  for (; flood.over() === undefined && opened < 100_000; opened++) flood.send(headers(1 + 2 * opened), rstStream(1 + 2 * opened, 8));
  assert.ok(opened > 9_990 && opened < 10_010, `${opened}`);
  assertCalm(flood, /too many streams reset/);
});

test("resets that faulty frames provoke count ten times", () => {
  const provocations: readonly (readonly [string, (id: number) => Uint8Array])[] = [
    ["WINDOW_UPDATE 0", (id) => windowUpdate(id, 0)],
    ["WINDOW_UPDATE overflow", (id) => windowUpdate(id, 0x7fff_ffff)],
    ["self-dependency", (id) => priority(id, id)],
    ["PRIORITY of 4 bytes", (id) => frame(FrameType.PRIORITY, 0, id, [0, 0, 0, 0])],
    ["trailers without END_STREAM", (id) => headers(id, false, [0x00, 0x01, 0x61, 0x01, 0x62])],
  ];
  for (const [name, provoke] of provocations) {
    const peer = new RawPeer("server", { maxPriorityPerSecond: 1_000_000 });
    let opened = 0;
    for (; peer.over() === undefined && opened < 5_000; opened++) peer.send(headers(1 + 2 * opened), provoke(1 + 2 * opened));
    assert.ok(opened > 990 && opened < 1_010, `${name}: ${opened}`);
    assertCalm(peer, /too many streams reset/);
  }
});

test("DATA after END_STREAM provokes a reset, which counts", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1, true), data(1, "x"));
  assert.deepEqual(peer.lines(), ["RST_STREAM 1 5"]);
  assert.equal(peer.user.end?.code, 5);
});

test("header lists: too large or too many fields reset the stream, and the table stays in step", () => {
  const peer = new RawPeer("server", { maxHeaderListBytes: 1_024 });
  const large = [...REQUEST_BLOCK, 0x40, 0x01, 0x61, 0x7f, ...[0x80 + 0x01, 0x08], ...new Array<number>(127 + 0x401).fill(0x61)];
  peer.send(headers(1, true, large));
  assert.deepEqual(peer.lines(), ["RST_STREAM 1 11"]);
  peer.send(headers(3, true, [...REQUEST_BLOCK, 0x40, 0x01, 0x62, 0x01, 0x63]), headers(5, true, [...REQUEST_BLOCK, 0xbe]));
  assert.deepEqual(
    peer.end.users.map((user) => `${user.stream.id} ${user.head?.at(-1)?.name}`),
    ["3 b", "5 b"],
  );
  const many = new RawPeer("server");
  many.send(headers(1, true, [...REQUEST_BLOCK, ...new Array<number>(97).fill(0x90)]));
  assert.deepEqual(many.lines(), ["RST_STREAM 1 11"]);
});

test("CONTINUATION frames of one block are counted, empty ones too", () => {
  const peer = new RawPeer("server");
  const start = frame(FrameType.HEADERS, 0, 1, REQUEST_BLOCK);
  const more = frame(FrameType.CONTINUATION, 0, 1, []);
  peer.send(start, ...new Array<Uint8Array>(8).fill(more));
  assert.equal(peer.over(), undefined);
  peer.send(more);
  assertCalm(peer, /more than 8 CONTINUATION/);
  const fine = new RawPeer("server");
  fine.send(start, ...new Array<Uint8Array>(7).fill(more), frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, 1, []));
  assert.equal(fine.end.users.length, 1);
});

test("a header block, and any frame but DATA, must be whole in time", () => {
  for (const part of [frame(FrameType.HEADERS, 0, 1, REQUEST_BLOCK), headers(1).subarray(0, 4), ping().subarray(0, 12)]) {
    const peer = new RawPeer("server");
    peer.send(part);
    peer.pass(9_999);
    assert.equal(peer.over(), undefined);
    peer.pass(1);
    assertCalm(peer, /not whole within 10000 ms/);
  }
  const slow = new RawPeer("server");
  slow.send(headers(1), data(1, "hello").subarray(0, 11));
  slow.pass(30_000);
  assert.equal(slow.over(), undefined, "a body may take its time");
  const drip = new RawPeer("server");
  drip.send(headers(1).subarray(0, 9));
  for (let i = 9; i < 12; i++) {
    drip.pass(4_000);
    drip.send(headers(1).subarray(i, i + 1));
  }
  assert.equal(drip.over()?.code, CALM, "single bytes do not put it off");
});

test("SETTINGS: entries in a frame, frames in 10 s", () => {
  const entries = (count: number) => settings(...new Array<number[]>(count).fill(setting(0x77, 1)));
  const peer = new RawPeer("server");
  peer.send(entries(32));
  assert.equal(peer.over(), undefined);
  peer.send(entries(33));
  assertCalm(peer, /33 entries/);
  const flood = new RawPeer("server");
  for (let i = 0; i < 9; i++) flood.send(settings());
  flood.pass(10_000);
  for (let i = 0; i < 10; i++) flood.send(settings());
  assert.equal(flood.over(), undefined);
  flood.send(settings());
  assertCalm(flood, /more than 10 SETTINGS/);
});

test("floods of PING, PRIORITY, WINDOW_UPDATE and empty DATA end the connection, honest rates do not", () => {
  const pings = new RawPeer("client");
  for (let i = 0; i < 10; i++) pings.send(ping());
  assert.equal(pings.over(), undefined);
  pings.send(ping());
  assertCalm(pings, /more than 10 PING/);

  const priorities = new RawPeer("server");
  priorities.send(joined(1_000, () => priority(1, 3)));
  priorities.pass(1_000);
  priorities.send(joined(1_000, () => priority(1, 3)));
  assert.equal(priorities.over(), undefined);
  priorities.send(priority(1, 3));
  assertCalm(priorities, /more than 1000 PRIORITY/);

  const updates = new RawPeer("server");
  updates.send(
    headers(1),
    joined(10_000, () => windowUpdate(1, 1)),
  );
  assert.equal(updates.over(), undefined);
  updates.user.stream.sendHead(RESPONSE, NO_FIELDS, false);
  updates.send(joined(10_000, () => windowUpdate(1, 1)));
  assert.equal(updates.over(), undefined, "we have sent something");
  updates.send(windowUpdate(1, 1));
  assertCalm(updates, /more than 10000 WINDOW_UPDATE/);

  const empty = new RawPeer("server");
  empty.send(
    headers(1),
    joined(100, () => data(1, "")),
    data(1, "x"),
    joined(100, () => data(1, "")),
  );
  assert.equal(empty.over(), undefined);
  empty.send(data(1, ""));
  assertCalm(empty, /more than 100 empty DATA/);
});

test("tiny DATA: a body that is taken over pays for itself, one that nobody takes does not", () => {
  const honest = new RawPeer("server", { tinyDataBudgetBytes: 25_600 });
  honest.send(headers(1));
  for (let i = 0; i < 100; i++) honest.send(joined(1_000, () => data(1, "x")));
  assert.equal(honest.over(), undefined);
  const parked = new RawPeer("server", { tinyDataBudgetBytes: 25_600 });
  parked.end.onStreamHook = (user) => {
    user.reads = false;
  };
  parked.send(
    headers(1),
    joined(200, () => data(1, "x")),
  );
  assertCalm(parked, /tiny DATA/);
});

test("a peer that does not read: reading pauses, then the connection ends; a stalled write ends it in time", () => {
  const peer = new RawPeer("server", { minPingIntervalMs: 0, maxPingsPerSecond: 1e6 });
  peer.end.engine.outputBlocked(peer.now);
  for (let i = 0; i < 128; i++) peer.send(ping(i));
  assert.equal(peer.end.paused, false);
  peer.send(ping());
  assert.equal(peer.end.paused, true);
  assert.equal(peer.end.engine.wantsPause, true);
  peer.lines();
  peer.end.engine.outputDrained(peer.now);
  assert.equal(peer.end.paused, false);
  peer.end.engine.outputBlocked(peer.now);
  for (let i = 0; i < 1_025; i++) peer.send(ping(i));
  assertCalm(peer, /wait for a peer that does not read/);
  const stalled = new RawPeer("server", { keepaliveIntervalMs: 1e9 });
  stalled.send(headers(1));
  stalled.end.engine.outputBlocked(stalled.now);
  stalled.pass(29_999);
  assert.equal(stalled.over(), undefined);
  stalled.pass(1);
  assert.match(stalled.user.end?.message ?? "", /read nothing for 30000 ms/);
});

test("handshake: preface, first SETTINGS and its acknowledgement have their time", () => {
  const silent = new RawPeer("server", {}, false);
  silent.pass(10_000);
  assert.match(silent.over()?.message ?? "", /no preface within 10000 ms/);
  const half = new RawPeer("server", {}, false);
  half.send(bytesOf("PRI * HTTP/2.0\r\n"));
  half.pass(10_000);
  assert.ok(half.over());
  const noSettings = new RawPeer("server", {}, false);
  noSettings.send(bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  noSettings.pass(5_000);
  assert.equal(noSettings.over()?.code, 4);
  const noAck = new RawPeer("server", {}, false);
  noAck.send(bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings());
  noAck.pass(9_999);
  assert.equal(noAck.over(), undefined);
  noAck.pass(1);
  assert.equal(noAck.over()?.code, 4);
  const acked = new RawPeer("server", { keepaliveIntervalMs: 1e9 });
  acked.pass(100_000);
  assert.equal(acked.over(), undefined);
});

test("output of a peer that reads slowly is bounded by its window and the queue's mark", () => {
  const peer = new RawPeer("server");
  peer.end.engine.outputBlocked(peer.now);
  for (let i = 0; i < 200; i++) {
    peer.send(headers(1 + 2 * i, true));
    peer.user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, new Uint8Array(100), TRAILERS, NO_FIELDS);
  }
  const { outputBytes, queuedBytes } = peer.end.engine.statistics;
  assert.equal(queuedBytes, 20_000);
  assert.ok(outputBytes < 10_000, `${outputBytes}`);
  peer.end.engine.lost("gone", peer.now);
  assert.equal(peer.end.engine.statistics.queuedBytes, 0);
});

test("header table: what we advertise counts when it is acknowledged", () => {
  const peer = new RawPeer("server", { headerTableBytes: 0 }, false);
  const preface = bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  peer.send(preface, settings(), headers(1, true, [...REQUEST_BLOCK, 0x40, 0x01, 0x62, 0x01, 0x63]));
  peer.send(headers(3, true, [...REQUEST_BLOCK, 0xbe]));
  assert.equal(peer.end.users.length, 2);
  peer.send(settingsAck(), headers(5, true, [0x20, ...REQUEST_BLOCK]));
  assert.equal(peer.end.users.length, 3);
  peer.send(headers(7, true, [...REQUEST_BLOCK, 0xbe]));
  assert.equal(peer.over()?.code, 9);
});

test("fields that the peer has said it does not take are not sent: the stream ends with a sentence that says so, the connection stays", () => {
  const large = [new Field("x-large", "v".repeat(1_000))];
  const client = new RawPeer("client");
  client.send(settings(setting(6, 600)), settingsAck());
  const user = client.end.opened();
  user.stream.sendHead(REQUEST, large, true);
  assert.deepEqual(
    [user.end?.kind, user.end?.initiator, user.end?.code, user.end?.unprocessed, user.stream.id],
    ["reset", "engine", 2, false, 0],
  );
  assert.match(user.end?.message ?? "", /take 12\d\d bytes; the peer takes at most 600 /);
  const next = client.end.opened();
  next.stream.sendHead(REQUEST, NO_FIELDS, true);
  assert.equal(next.end, undefined);

  const server = new RawPeer("server");
  server.send(settings(setting(6, 600)), settingsAck(), headers(1), headers(3), headers(5), headers(7));
  server.lines();
  const [head, respond, trailers, fits] = server.end.users as [User, User, User, User];
  head.stream.sendHead(RESPONSE, large, false);
  respond.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("x"), TRAILERS, large);
  trailers.stream.sendHead(RESPONSE, NO_FIELDS, false);
  trailers.stream.sendTrailers(TRAILERS, large);
  fits.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, bytesOf("x"), TRAILERS, NO_FIELDS);
  assert.deepEqual(
    [head, respond, trailers].map((one) => one.end?.code),
    [2, 2, 2],
  );
  const lines = server.lines();
  assert.deepEqual(
    lines.filter((line) => line.startsWith("RST_STREAM")),
    ["RST_STREAM 1 2", "RST_STREAM 3 2", "RST_STREAM 5 2"],
  );
  assert.equal(
    lines.some((line) => line.startsWith("DATA 7")),
    true,
  );
  assert.equal(server.over(), undefined);
});
