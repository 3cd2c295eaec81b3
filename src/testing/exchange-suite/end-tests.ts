import assert from "node:assert/strict";
import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import { EMPTY, type Harness, HEADS, NOTHING } from "./harness.js";
import { content, type Recorder } from "./recorder.js";

type Test = readonly [title: string, run: (harness: Harness) => void, maxConcurrentExchanges?: number];

const { CANCEL, NO_ERROR, REFUSED_STREAM } = ErrorCode;
const CODES: readonly number[] = Object.values(ErrorCode).filter((code) => code !== NO_ERROR);

/** How an exchange ends, on both ends, and what may be done after that. */
export const endTests: readonly Test[] = [
  ...CODES.flatMap((code): Test[] => [
    [`the client resets with ${errorCodeName(code)}`, (harness) => resets(harness, code, "client")],
    [`the server resets with ${errorCodeName(code)}`, (harness) => resets(harness, code, "server")],
  ]),
  [
    "an exchange that was never sent is reset without a word to the peer",
    (harness) => {
      const client = harness.open();
      client.exchange?.reset(CANCEL);
      assert.equal(client.end?.kind, "reset");
      assert.equal(client.end?.unprocessed, true);
      harness.run();
      assert.equal(harness.accepted.length, 0);
      assert.equal(harness.pair.client.openExchanges, 0);
    },
  ],
  [
    "a reset drops what is queued",
    (harness) => {
      const { client, server } = harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(1_000_000), false);
      harness.run();
      const received = server.bytes;
      client.exchange?.reset(CANCEL);
      harness.run();
      assert.equal(server.bytes, received);
      assert.equal(server.end?.code, CANCEL);
      assert.equal(server.fins, 0);
    },
  ],
  [
    "NO_ERROR after the end of a response lets it arrive whole, and ends an unread request",
    (harness) => {
      const { client, server } = harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(500_000), false);
      harness.run();
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(400_000, 1), false);
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      server.exchange?.reset(NO_ERROR);
      harness.run();
      assert.equal(client.bytes, 400_000);
      assert.ok(client.trailers);
      assert.ok(client.end, "the client's exchange has ended");
      assert.equal(client.end.code, NO_ERROR);
      assert.notEqual(client.end.kind, "lost");
      assert.equal(server.end?.code, NO_ERROR);
      assert.notEqual(server.end?.kind, "lost");
    },
  ],
  [
    "a response that leaves after NO_ERROR was asked for, when the request has ended as well, ends the exchange on both ends",
    (harness) => {
      const { client, server } = harness.connect();
      client.consumes = false;
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(400_000, 1), false);
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      server.exchange?.reset(NO_ERROR);
      harness.run();
      client.exchange?.sendData(EMPTY, EMPTY, true);
      harness.run();
      assert.equal(server.count("end"), 0);
      client.consumes = true;
      client.exchange?.consume(client.bytes);
      harness.run();
      assert.equal(client.bytes, 400_000);
      assert.ok(client.trailers);
      assert.equal(client.end?.kind, "complete");
      assert.equal(server.end?.kind, "complete");
    },
  ],
  [
    "commands after the end do nothing",
    (harness) => {
      const { client, server } = harness.connect(true);
      server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(10), HEADS.trailers, NOTHING);
      harness.run();
      assert.equal(client.end?.kind, "complete");
      const aborted = harness.connect();
      aborted.client.exchange?.reset(CANCEL);
      harness.run();
      const before = [client, server, aborted.client, aborted.server].map((recorder) => recorder.log.slice());
      for (const recorder of [client, server, aborted.client, aborted.server]) everyCommand(recorder);
      harness.run();
      assert.deepEqual(
        [client, server, aborted.client, aborted.server].map((recorder) => recorder.log),
        before,
      );
      assert.equal(harness.pair.server.openExchanges, 0);
      assert.equal(harness.accepted.length, 2);
      // and the connection has taken no harm
      const { client: next, server: nextServer } = harness.connect(true);
      nextServer.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(10), HEADS.trailers, NOTHING);
      harness.run();
      assert.equal(next.end?.kind, "complete");
    },
  ],
  [
    "data and heads after the local end do nothing",
    (harness) => {
      const { client, server } = harness.connect();
      client.exchange?.sendData(EMPTY, content(5), true);
      client.exchange?.sendData(EMPTY, content(5), true);
      client.exchange?.sendHead(HEADS.request, NOTHING, false);
      client.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      harness.run();
      assert.deepEqual(server.log, ["data 5 fin"]);
      assert.equal(harness.accepted.length, 1);
      assert.equal(client.end, undefined);
    },
  ],
  ...(["head", "data", "trailers"] as const).map(
    (event): Test => [
      `a reset inside the client's ${event}`,
      (harness) => {
        const { client, server } = harness.connect();
        client.at[event] = () => client.exchange?.reset(CANCEL);
        server.exchange?.sendHead(HEADS.response, NOTHING, false);
        server.exchange?.sendData(EMPTY, content(100_000), false);
        server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
        harness.run();
        assert.equal(client.log[client.log.length - 1], "end");
        assert.equal(client.end?.kind, "reset");
        assert.equal(client.end?.code, CANCEL);
        assert.equal(server.end?.code, CANCEL);
      },
    ],
  ),
  [
    "a reset inside the server's data, and inside onExchange",
    (harness) => {
      harness.onAccept = (recorder) => {
        if (harness.accepted.length === 1) recorder.exchange?.reset(REFUSED_STREAM);
        recorder.at.data = () => recorder.exchange?.reset(CANCEL);
      };
      const refused = harness.start();
      refused.exchange?.sendData(EMPTY, content(10), true);
      harness.run();
      const aborted = harness.start();
      aborted.exchange?.sendData(EMPTY, content(200_000), true);
      harness.run();
      assert.equal(refused.end?.code, REFUSED_STREAM);
      assert.equal(refused.end?.unprocessed, true);
      assert.equal(aborted.end?.code, CANCEL);
      assert.equal(aborted.end?.unprocessed, false);
      assert.deepEqual(harness.accepted[0]?.log, ["end"]);
      assert.equal(harness.accepted[1]?.log.length, 2);
    },
  ],
  [
    "an end inside onWritable",
    (harness) => {
      const { client, server } = harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(400_000), false);
      client.at.writable = () => client.exchange?.reset(CANCEL);
      harness.run();
      server.exchange?.consume(server.bytes);
      server.consumes = true;
      harness.run();
      assert.equal(client.count("writable"), 1);
      assert.equal(client.end?.code, CANCEL);
      assert.equal(server.end?.code, CANCEL);
    },
  ],
  [
    "the next exchange is opened inside the end of the one before",
    (harness) => {
      harness.onAccept = (recorder) => {
        recorder.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(3), HEADS.trailers, NOTHING);
        recorder.exchange?.settled();
      };
      let calls = 0;
      const next = (): void => {
        if (++calls > 20) return;
        harness.start(true).at.end = next;
      };
      next();
      harness.run();
      assert.equal(harness.accepted.length, 20);
      for (const recorder of harness.opened) assert.equal(recorder.end?.kind, "complete");
    },
    1,
  ],
];

/** One side gives up while both halves are open: it is told at once, the peer when it hears. */
function resets(harness: Harness, code: number, side: "client" | "server"): void {
  const { client, server } = harness.connect();
  server.exchange?.sendHead(HEADS.response, NOTHING, false);
  client.exchange?.sendData(EMPTY, content(10), false);
  harness.run();
  const [one, other] = side === "client" ? [client, server] : [server, client];
  one.exchange?.reset(code);
  assert.equal(one.end?.kind, "reset", "onEnd before reset() returns");
  assert.equal(one.end.initiator, "application");
  assert.equal(one.end.code, code);
  one.exchange?.reset(CANCEL);
  harness.run();
  assert.equal(other.end?.kind, "reset");
  assert.equal(other.end.initiator, "peer");
  assert.equal(other.end.code, code);
  assert.notEqual(other.end.message, "");
  assert.equal(harness.pair.client.openExchanges, 0);
  assert.equal(harness.pair.server.openExchanges, 0);
}

function everyCommand(recorder: Recorder): void {
  const exchange = recorder.exchange;
  exchange?.sendHead(HEADS.response, NOTHING, false);
  exchange?.sendData(EMPTY, content(5), false);
  exchange?.sendTrailers(HEADS.trailers, NOTHING);
  exchange?.respond(HEADS.response, NOTHING, EMPTY, content(5), HEADS.trailers, NOTHING);
  exchange?.discardQueued();
  exchange?.consume(5);
  exchange?.reset(CANCEL);
  exchange?.reset(NO_ERROR);
}
