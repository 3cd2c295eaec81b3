import assert from "node:assert/strict";
import { Field, findField } from "../../base/field.js";
import { EMPTY, HEADS, NOTHING } from "./harness.js";
import { checksumOf, content, type Recorder } from "./recorder.js";
import type { SuiteTest } from "./suite-test.js";

/** Heads, bodies, trailers, back-pressure and credit. */
export const bodyTests: readonly SuiteTest[] = [
  [
    "heads arrive with their own and their shared fields",
    async (harness) => {
      const client = harness.open();
      client.exchange?.sendHead(HEADS.request, [new Field("x-call", "one")], false);
      await harness.run();
      const server = harness.accepted[0] as Recorder;
      assert.equal(findField(server.head ?? [], ":path"), "/test.Suite/Call");
      assert.equal(findField(server.head ?? [], "x-call"), "one");
      server.exchange?.sendHead(HEADS.response, [new Field("x-answer", "two")], false);
      await harness.run();
      assert.equal(findField(client.head ?? [], ":status"), "200");
      assert.equal(findField(client.head ?? [], "x-answer"), "two");
      assert.deepEqual(client.log, ["head"]);
    },
  ],
  [
    "nothing reaches the peer before the head, and each exchange has its own",
    async (harness) => {
      const first = harness.open();
      const second = harness.start();
      await harness.run();
      assert.equal(harness.accepted.length, 1);
      first.exchange?.sendHead(HEADS.request, NOTHING, false);
      await harness.run();
      assert.equal(harness.accepted.length, 2);
      assert.equal(harness.pair.client.openExchanges, 2);
      assert.equal(harness.pair.server.openExchanges, 2);
      second.exchange?.reset(8);
    },
    { needs: "several" },
  ],
  [
    "bodies go both ways, prefix before bytes, the end with the last data",
    async (harness) => {
      const { client, server } = await harness.connect();
      const prefix = Uint8Array.of(1, 2, 3, 4, 5);
      client.exchange?.sendData(prefix, content(100), false);
      prefix.fill(9);
      client.exchange?.sendData(EMPTY, content(7, 1), true);
      await harness.run();
      assert.equal(server.checksum, checksumOf(Uint8Array.of(1, 2, 3, 4, 5), content(100), content(7, 1)));
      assert.deepEqual(server.log, ["data 112 fin"]);
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(50, 2), false);
      server.exchange?.sendTrailers(HEADS.trailers, [new Field("x-end", "yes")]);
      await harness.run();
      assert.equal(client.checksum, checksumOf(content(50, 2)));
      assert.deepEqual(client.log, ["head", "data 50", "trailers", "end"]);
      assert.equal(findField(client.trailers ?? [], "grpc-status"), "0");
      assert.equal(findField(client.trailers ?? [], "x-end"), "yes");
      assert.equal(client.end?.kind, "complete");
      assert.equal(server.end?.kind, "complete");
    },
  ],
  [
    "a request without a body",
    async (harness) => {
      let ended: boolean | undefined;
      harness.onAccept = (_recorder, _head, end) => {
        ended = end;
      };
      const { client, server } = await harness.connect(true);
      assert.equal(ended, true);
      server.exchange?.sendHead(HEADS.response, HEADS.trailers, true);
      await harness.run();
      assert.deepEqual(client.log, ["head end", "end"]);
      assert.equal(client.end?.kind, "complete");
      assert.deepEqual(server.log, ["end"]);
    },
  ],
  [
    "an empty last piece ends the body",
    async (harness) => {
      const { client, server } = await harness.connect();
      client.exchange?.sendData(EMPTY, content(3), false);
      await harness.run();
      client.exchange?.sendData(EMPTY, EMPTY, true);
      await harness.run();
      assert.deepEqual(server.log, ["data 3 fin"]);
    },
  ],
  [
    "respond inside onExchange, and inside the last data",
    async (harness) => {
      harness.onAccept = (recorder, _head, end) => {
        const answer = () => recorder.exchange?.respond(HEADS.response, NOTHING, Uint8Array.of(7), content(9), HEADS.trailers, NOTHING);
        if (end) answer();
        else
          recorder.at.data = () => {
            if (recorder.fins === 1) answer();
          };
      };
      const first = await harness.connect(true);
      const second = await harness.connect();
      second.client.exchange?.sendData(EMPTY, content(20), true);
      await harness.run();
      for (const { client, server } of [first, second]) {
        assert.deepEqual(client.log, ["head", "data 10", "trailers", "end"]);
        assert.equal(client.checksum, checksumOf(Uint8Array.of(7), content(9)));
        assert.equal(client.end?.kind, "complete");
        assert.equal(server.end?.kind, "complete");
      }
    },
  ],
  [
    "a sender over the mark is told to wait, and told when there is room",
    async (harness) => {
      const { client, server } = await harness.connect();
      server.consumes = false;
      const pieces: Uint8Array[] = [];
      let room = true;
      for (let i = 0; i < 1_000 && room; i++) {
        pieces.push(content(10_000, i));
        room = client.exchange?.sendData(EMPTY, content(10_000, i), false) ?? true;
      }
      assert.equal(room, false, "10 MB were taken without a word");
      // whatever room there was at first is used up by a sender that goes on whenever it is told
      client.at.writable = () => {
        while (client.exchange?.sendData(EMPTY, content(10_000, pieces.length), false)) pieces.push(content(10_000, pieces.length));
        pieces.push(content(10_000, pieces.length));
      };
      await harness.run();
      const told = client.count("writable");
      assert.ok(pieces.length < 200, `${pieces.length} pieces of 10 kB went to a peer that reads nothing`);
      const unread = server.bytes;
      assert.ok(unread < 1_000_000, `${unread} bytes are held for a reader that does not read`);
      client.at.writable = () => client.exchange?.sendData(EMPTY, EMPTY, true);
      server.consumes = true;
      server.exchange?.consume(unread);
      await harness.run();
      assert.ok(client.count("writable") > told, "onWritable after the peer has read");
      assert.equal(server.checksum, checksumOf(...pieces));
      assert.equal(server.fins, 1);
    },
  ],
  [
    "sendWindow falls with what is sent, down to nothing, and rises with what the peer reads",
    async (harness) => {
      const { client, server } = await harness.connect();
      server.consumes = false;
      const window = client.exchange?.sendWindow ?? 0;
      assert.ok(window > 1_000, `${window} bytes may be sent at first`);
      client.exchange?.sendData(EMPTY, content(1_000), false);
      await harness.run();
      assert.equal(client.exchange?.sendWindow, window - 1_000);
      client.exchange?.sendData(EMPTY, content(window), false);
      await harness.run();
      assert.equal(client.exchange?.sendWindow, 0);
      assert.equal(server.bytes, window);
      server.exchange?.consume(server.bytes);
      server.consumes = true;
      await harness.run();
      assert.equal(server.bytes, window + 1_000);
      assert.ok((client.exchange?.sendWindow ?? 0) > 1_000, `${client.exchange?.sendWindow} bytes may be sent in the end`);
    },
    { needs: "credit" },
  ],
  [
    "a reader that stops holds up its own exchange only",
    async (harness) => {
      const stopped = await harness.connect();
      stopped.server.consumes = false;
      stopped.client.exchange?.sendData(EMPTY, content(2_000_000), true);
      await harness.run();
      assert.ok(stopped.server.bytes > 0 && stopped.server.bytes < 1_000_000);
      const other = await harness.connect();
      other.client.exchange?.sendData(EMPTY, content(300_000), true);
      await harness.run();
      assert.deepEqual(other.server.log, ["data 300000 fin"]);
      other.server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(200_000), HEADS.trailers, NOTHING);
      await harness.run();
      assert.equal(other.client.bytes, 200_000);
      assert.equal(other.client.end?.kind, "complete");
      stopped.server.consumes = true;
      stopped.server.exchange?.consume(stopped.server.bytes);
      await harness.run();
      assert.equal(stopped.server.checksum, checksumOf(content(2_000_000)));
    },
    { needs: "several" },
  ],
  [
    "discardQueued lets the trailers go to a peer that does not read",
    async (harness) => {
      const { client, server } = await harness.connect(true);
      client.consumes = false;
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(3_000_000), false);
      await harness.run();
      assert.equal(client.trailers, undefined);
      server.exchange?.discardQueued();
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      await harness.run();
      assert.ok(client.bytes < 3_000_000);
      assert.ok(client.trailers, "the trailers have arrived");
      assert.equal(client.end?.kind, "complete");
      assert.equal(server.end?.kind, "complete");
    },
    { needs: "overtaking" },
  ],
  [
    "discardQueued tells whether a piece has gone in part",
    async (harness) => {
      const { client, server } = await harness.connect(true);
      client.consumes = false;
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      assert.equal(server.exchange?.discardQueued(), true, "nothing waits");
      server.exchange?.sendData(Uint8Array.of(1, 2, 3), content(3_000_000), false);
      await harness.run();
      assert.equal(server.exchange?.discardQueued(), false);
    },
    { needs: "overtaking" },
  ],
  [
    "forty exchanges at once, bodies of all sizes both ways",
    async (harness) => {
      const sizes = [0, 1, 100, 16_383, 16_384, 16_385, 65_535, 70_000, 150_000];
      harness.onAccept = (recorder) => {
        const index = harness.accepted.length - 1;
        recorder.at.data = () => {
          if (recorder.fins === 1)
            recorder.exchange?.respond(
              HEADS.response,
              NOTHING,
              EMPTY,
              content(sizes[index % sizes.length] ?? 0, index),
              HEADS.trailers,
              NOTHING,
            );
        };
      };
      for (let i = 0; i < 40; i++) harness.start().exchange?.sendData(EMPTY, content(sizes[i % sizes.length] ?? 0, i), true);
      await harness.run();
      for (let i = 0; i < 40; i++) {
        const expected = checksumOf(content(sizes[i % sizes.length] ?? 0, i));
        assert.equal(harness.accepted[i]?.checksum, expected, `request ${i}`);
        assert.equal(harness.opened[i]?.checksum, expected, `response ${i}`);
        assert.equal(harness.opened[i]?.end?.kind, "complete");
      }
      assert.equal(harness.pair.client.openExchanges, 0);
    },
    { needs: "several" },
  ],
];
