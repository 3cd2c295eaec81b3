import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FIELDS } from "../../base/field.js";
import { bytesOf, End, NO_BYTES, RESPONSE, TRAILERS } from "../../testing/engine/engine-pair.js";
import { headers, RawPeer, RESPONSE_BLOCK, rstStream, setting, settings } from "../../testing/engine/raw-peer.js";

/** The entries of the SETTINGS frame that an engine begins with. */
function advertised(end: End): Map<number, number> {
  const bytes = end.output(1);
  const at = bytes[0] === 0x50 ? 24 : 0;
  const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  const view = new DataView(bytes.buffer, at + 9, length);
  const entries = new Map<number, number>();
  for (let i = 0; i < length; i += 6) entries.set(view.getUint16(i), view.getUint32(i + 2));
  return entries;
}

test("what each role advertises", () => {
  assert.deepEqual(
    [...advertised(new End("server", 1))],
    [
      [3, 250],
      [6, 16_384],
    ],
  );
  assert.deepEqual(
    [...advertised(new End("client", 1))],
    [
      [2, 0],
      [6, 16_384],
    ],
  );
  const all = {
    headerTableBytes: 0,
    initialWindowBytes: 1_000_000,
    maxFrameBytes: 65_536,
    enableConnectProtocol: true,
    maxConcurrentStreams: 7,
  };
  assert.deepEqual(
    [...advertised(new End("server", 1, all))],
    [
      [1, 0],
      [3, 7],
      [4, 1_000_000],
      [5, 65_536],
      [6, 16_384],
      [8, 1],
    ],
  );
});

test("a client's capacity: 100 until the peer's SETTINGS, then what they say, without a limit when they say nothing", () => {
  const silent = new RawPeer("client", {}, false);
  assert.equal(silent.end.engine.capacity, 100);
  silent.send(settings());
  assert.equal(silent.end.engine.capacity, Number.POSITIVE_INFINITY);
  const peer = new RawPeer("client", {}, false);
  peer.send(settings(setting(3, 2)));
  assert.equal(peer.end.engine.capacity, 2);
  peer.end.request(true);
  const opened = peer.end.opened();
  assert.equal(peer.end.engine.capacity, 0);
  assert.throws(() => peer.end.request(true), /capacity is 0/);
  assert.equal(peer.end.capacityRose, 0);
  opened.stream.reset(8);
  assert.equal(opened.end?.unprocessed, true, "it was never sent");
  assert.equal(peer.end.capacityRose, 1);
  peer.end.request(true);
  peer.send(headers(1, true, RESPONSE_BLOCK), rstStream(3, 8));
  assert.equal(peer.end.capacityRose, 2);
  peer.send(settings(setting(3, 0)));
  assert.equal(peer.end.engine.capacity, 0);
  peer.send(settings(setting(3, 1)));
  assert.equal(peer.end.capacityRose, 3);
});

test("streams get their ids in the order in which their heads are sent", () => {
  const peer = new RawPeer("client");
  const [first, second] = [peer.end.opened(), peer.end.opened()];
  second.stream.sendHead(RESPONSE, NO_FIELDS, true);
  first.stream.sendHead(RESPONSE, NO_FIELDS, true);
  assert.deepEqual([second.stream.id, first.stream.id], [1, 3]);
});

test("all settings of a frame are applied together, or none", () => {
  const peer = new RawPeer("server");
  peer.send(headers(1, true), settings(setting(4, 3), setting(5, 1)));
  assert.equal(peer.over()?.code, 1);
  const atomic = new RawPeer("server");
  atomic.send(headers(1, true));
  atomic.user.stream.sendHead(RESPONSE, NO_FIELDS, false);
  atomic.frames();
  atomic.send(settings(setting(4, 0), setting(4, 4)));
  atomic.user.stream.sendData(NO_BYTES, bytesOf("123456"), false);
  assert.deepEqual(atomic.lines(), ["SETTINGS ack", "DATA 1 1234"]);
});

test("the peer's table size counts from the next header block on", () => {
  const peer = new RawPeer("server");
  peer.send(settings(setting(1, 0)), headers(1, true), headers(3, true));
  peer.frames();
  for (const user of peer.end.users) user.stream.respond(RESPONSE, NO_FIELDS, NO_BYTES, NO_BYTES, TRAILERS, NO_FIELDS);
  const blocks = peer.frames().map(({ payload }) => payload);
  assert.equal(blocks[0]?.[0], 0x20, "a size update to 0");
  assert.notEqual(blocks[2]?.[0], 0x20, "once");
  assert.deepEqual(blocks[1], blocks[3], "nothing was entered into the table");
});
