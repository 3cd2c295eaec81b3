import assert from "node:assert/strict";
import { ErrorCode } from "../../base/error-code.js";
import { EMPTY, HEADS, NOTHING } from "./harness.js";
import { content, type Recorder } from "./recorder.js";
import type { SuiteTest } from "./suite-test.js";

/** Capacity, slots, draining, and the connection's end. */
export const connectionTests: readonly SuiteTest[] = [
  [
    "capacity falls to 0 at the peer's limit and its rise is told",
    async (harness) => {
      assert.equal(harness.pair.client.capacity, 2);
      const { client, server } = await harness.connect(true);
      await harness.connect(true);
      assert.equal(harness.pair.client.capacity, 0);
      assert.throws(() => harness.pair.client.open(client), /capacity/);
      const rises = harness.capacityRises;
      server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(3), HEADS.trailers, NOTHING);
      server.exchange?.settled();
      await harness.run();
      assert.equal(client.end?.kind, "complete");
      assert.equal(harness.pair.client.capacity, 1);
      assert.equal(harness.capacityRises, rises + 1);
    },
    { slots: 2, needs: "several" },
  ],
  [
    "a slot stays taken until the handler has settled; an exchange beyond it is refused, unprocessed",
    async (harness) => {
      const first = await harness.connect();
      const second = await harness.connect();
      first.client.exchange?.reset(ErrorCode.CANCEL);
      second.client.exchange?.reset(ErrorCode.CANCEL);
      await harness.run();
      assert.equal(harness.pair.client.capacity, 2);
      const refused = harness.start(true);
      await harness.run();
      assert.equal(harness.accepted.length, 2);
      assert.equal(refused.end?.kind, "reset");
      assert.equal(refused.end?.code, ErrorCode.REFUSED_STREAM);
      assert.equal(refused.end?.initiator, "peer");
      assert.equal(refused.end?.unprocessed, true);
      first.server.exchange?.settled();
      first.server.exchange?.settled();
      const taken = harness.start(true);
      const again = harness.start(true);
      await harness.run();
      assert.equal(harness.accepted.length, 3, "one slot was free, and settling twice frees no second");
      assert.equal(again.end?.code, ErrorCode.REFUSED_STREAM);
      assert.equal(taken.end, undefined);
    },
    { slots: 2, needs: "several" },
  ],
  [
    "a handler that settles before its exchange ends keeps the slot until then",
    async (harness) => {
      const { client, server } = await harness.connect(true);
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.settled();
      await harness.run();
      assert.equal(harness.pair.client.capacity, 0);
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      await harness.run();
      assert.equal(client.end?.kind, "complete");
      const next = await harness.connect(true);
      assert.equal(next.client.end, undefined);
      assert.equal(harness.accepted.length, 2);
    },
    { slots: 1 },
  ],
  [
    "the server drains: both ends of an open exchange are told, it finishes, then the connection closes",
    async (harness) => {
      const { client, server } = await harness.connect();
      harness.pair.server.drain();
      harness.pair.server.drain();
      await harness.run();
      assert.equal(harness.draining, 1);
      assert.equal(harness.pair.client.capacity, 0);
      assert.deepEqual(client.log, ["draining"]);
      assert.deepEqual(server.log, ["draining"]);
      assert.equal(harness.clientEnds.length + harness.serverEnds.length, 0);
      client.exchange?.sendData(EMPTY, content(100_000), true);
      await harness.run();
      assert.equal(server.bytes, 100_000);
      server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(100_000), HEADS.trailers, NOTHING);
      server.exchange?.settled();
      await harness.run();
      assert.equal(client.end?.kind, "complete");
      assert.equal(client.bytes, 100_000);
      await harness.runLong();
      assert.equal(harness.clientEnds[0]?.code, ErrorCode.NO_ERROR);
      assert.equal(harness.serverEnds[0]?.code, ErrorCode.NO_ERROR);
    },
    { needs: "notice" },
  ],
  [
    "an idle connection that drains closes",
    async (harness) => {
      harness.pair.server.drain();
      await harness.runLong();
      assert.equal(harness.clientEnds.length, 1);
      assert.equal(harness.serverEnds.length, 1);
      assert.equal(harness.draining, 1);
    },
    { needs: "notice" },
  ],
  [
    "the client drains: no more is opened, the open exchange finishes, then the connection closes",
    async (harness) => {
      const { client, server } = await harness.connect(true);
      harness.pair.client.drain();
      harness.pair.client.drain();
      assert.equal(harness.pair.client.capacity, 0);
      await harness.run();
      assert.equal(harness.draining, 1);
      assert.equal(harness.clientEnds.length, 0);
      server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(10), HEADS.trailers, NOTHING);
      server.exchange?.settled();
      await harness.runLong();
      assert.equal(client.end?.kind, "complete");
      assert.equal(harness.clientEnds[0]?.code, ErrorCode.NO_ERROR);
      assert.equal(harness.serverEnds.length, 1);
    },
  ],
  [
    "the client destroys: everything ends as lost, on both ends",
    async (harness) => {
      const { client, server } = await harness.connect();
      harness.pair.client.destroy("enough of it");
      harness.pair.client.destroy("again");
      await harness.runLong();
      assert.equal(client.end?.kind, "lost");
      assert.match(client.end?.message ?? "", /enough of it/);
      assert.equal(server.end?.kind, "lost");
      assert.equal(server.end?.unprocessed, false);
      assert.match(harness.clientEnds[0]?.message ?? "", /enough of it/);
    },
  ],
  [
    "the server destroys: what it accepted is lost",
    async (harness) => {
      const { client, server } = await harness.connect();
      harness.pair.server.destroy("enough of it");
      await harness.runLong();
      assert.equal(server.end?.kind, "lost");
      assert.equal(client.end?.kind, "lost");
      assert.equal(client.end?.unprocessed, false);
      assert.equal(harness.serverEnds.length, 1);
    },
  ],
  [
    "the connection is lost: every exchange ends as lost, then the connection",
    async (harness) => {
      const ends = [await harness.connect(), await harness.connect(true), await harness.connect()];
      ends[0]?.client.exchange?.sendData(EMPTY, content(1_000_000), false);
      await harness.run();
      harness.pair.cut();
      await harness.runLong();
      for (const { client, server } of ends) {
        assert.equal(client.end?.kind, "lost");
        assert.equal(server.end?.kind, "lost");
        assert.notEqual(client.end?.message, "");
      }
      assert.equal(harness.clientEnds.length, 1);
      assert.equal(harness.serverEnds.length, 1);
    },
    { needs: "several" },
  ],
  [
    "destroy inside an event of an exchange",
    async (harness) => {
      const { client, server } = await harness.connect();
      const other = await harness.connect();
      client.at.head = () => harness.pair.client.destroy("inside");
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(50_000), false);
      await harness.runLong();
      assert.deepEqual(client.log, ["head", "end"]);
      assert.equal(other.client.end?.kind, "lost");
      assert.equal(other.server.end?.kind, "lost");
    },
    { needs: "several" },
  ],
  [
    "ends told inside the loss of a connection may reset their neighbours",
    async (harness) => {
      const ends = [await harness.connect(), await harness.connect(), await harness.connect()];
      const all: Recorder[] = ends.map(({ client }) => client);
      for (const recorder of all) {
        recorder.at.end = () => {
          for (const neighbour of all) neighbour.exchange?.reset(ErrorCode.CANCEL);
        };
      }
      harness.pair.cut();
      await harness.runLong();
      for (const recorder of all) assert.equal(recorder.count("end"), 1);
    },
    { needs: "several" },
  ],
];
