import assert from "node:assert/strict";
import { ErrorCode, errorCodeName } from "../../base/error-code.js";
import { EMPTY, type Harness, HEADS, NOTHING } from "./harness.js";
import { content, type Recorder } from "./recorder.js";
import type { SuiteTest } from "./suite-test.js";

const { CANCEL, NO_ERROR, REFUSED_STREAM } = ErrorCode;
const CODES: readonly number[] = Object.values(ErrorCode).filter((code) => code !== NO_ERROR);

/** How an exchange ends, on both ends, and what may be done after that. */
export const endTests: readonly SuiteTest[] = [
  ...CODES.flatMap((code): SuiteTest[] => [
    [`the client resets with ${errorCodeName(code)}`, (harness) => resets(harness, code, "client"), { needs: "codes" }],
    [`the server resets with ${errorCodeName(code)}`, (harness) => resets(harness, code, "server"), { needs: "codes" }],
  ]),
  ...(["client", "server"] as const).map(
    (side): SuiteTest => [
      `the ${side} gives up: it is told at once, the peer when it hears, whatever it hears of the code`,
      async (harness) => {
        const [one, other] = await givenUp(harness, CANCEL, side);
        assert.notEqual(other.end?.kind, "complete");
        assert.notEqual(one.end?.kind, "lost");
      },
    ],
  ),
  [
    "an exchange that was never sent is reset without a word to the peer",
    async (harness) => {
      const client = harness.open();
      client.exchange?.reset(CANCEL);
      assert.equal(client.end?.kind, "reset");
      assert.equal(client.end?.unprocessed, true);
      await harness.run();
      assert.equal(harness.accepted.length, 0);
      assert.equal(harness.pair.client.openExchanges, 0);
    },
  ],
  [
    "a reset drops what is queued",
    async (harness) => {
      const { client, server } = await harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(1_000_000), false);
      await harness.run();
      const received = server.bytes;
      client.exchange?.reset(CANCEL);
      await harness.run();
      assert.equal(server.bytes, received);
      assert.equal(server.end?.code, CANCEL);
      assert.equal(server.fins, 0);
    },
  ],
  [
    "NO_ERROR after the end of a response lets it arrive whole, and ends an unread request",
    async (harness) => {
      const { client, server } = await harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(500_000), false);
      await harness.run();
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(400_000, 1), false);
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      server.exchange?.reset(NO_ERROR);
      await harness.run();
      assert.equal(client.bytes, 400_000);
      assert.ok(client.trailers);
      assert.ok(client.end, "the client's exchange has ended");
      assert.equal(client.end.code, NO_ERROR);
      assert.notEqual(client.end.kind, "lost");
      assert.equal(server.end?.code, NO_ERROR);
      assert.notEqual(server.end?.kind, "lost");
    },
    { needs: "codes" },
  ],
  [
    "a response that leaves after NO_ERROR was asked for, when the request has ended as well, ends the exchange on both ends",
    async (harness) => {
      const { client, server } = await harness.connect();
      client.consumes = false;
      server.exchange?.sendHead(HEADS.response, NOTHING, false);
      server.exchange?.sendData(EMPTY, content(400_000, 1), false);
      server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      server.exchange?.reset(NO_ERROR);
      await harness.run();
      client.exchange?.sendData(EMPTY, EMPTY, true);
      await harness.run();
      assert.equal(server.count("end"), 0);
      client.consumes = true;
      client.exchange?.consume(client.bytes);
      await harness.run();
      assert.equal(client.bytes, 400_000);
      assert.ok(client.trailers);
      assert.equal(client.end?.kind, "complete");
      assert.equal(server.end?.kind, "complete");
    },
    { needs: "credit" },
  ],
  [
    "commands after the end do nothing",
    async (harness) => {
      const { client, server } = await harness.connect(true);
      server.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(10), HEADS.trailers, NOTHING);
      await harness.run();
      assert.equal(client.end?.kind, "complete");
      const aborted = await harness.connect();
      aborted.client.exchange?.reset(CANCEL);
      await harness.run();
      const before = [client, server, aborted.client, aborted.server].map((recorder) => recorder.log.slice());
      for (const recorder of [client, server, aborted.client, aborted.server]) everyCommand(recorder);
      await harness.run();
      assert.deepEqual(
        [client, server, aborted.client, aborted.server].map((recorder) => recorder.log),
        before,
      );
      assert.equal(harness.pair.server.openExchanges, 0);
      assert.equal(harness.accepted.length, 2);
      // and the connection has taken no harm
      const { client: next, server: nextServer } = await harness.connect(true);
      nextServer.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(10), HEADS.trailers, NOTHING);
      await harness.run();
      assert.equal(next.end?.kind, "complete");
    },
    { needs: "codes" },
  ],
  [
    "data and heads after the local end do nothing",
    async (harness) => {
      const { client, server } = await harness.connect();
      client.exchange?.sendData(EMPTY, content(5), true);
      client.exchange?.sendData(EMPTY, content(5), true);
      client.exchange?.sendHead(HEADS.request, NOTHING, false);
      client.exchange?.sendTrailers(HEADS.trailers, NOTHING);
      await harness.run();
      assert.deepEqual(server.log, ["data 5 fin"]);
      assert.equal(harness.accepted.length, 1);
      assert.equal(client.end, undefined);
    },
  ],
  ...(["head", "data", "trailers"] as const).map(
    (event): SuiteTest => [
      `a reset inside the client's ${event}`,
      async (harness) => {
        const { client, server } = await harness.connect();
        client.at[event] = () => client.exchange?.reset(CANCEL);
        server.exchange?.sendHead(HEADS.response, NOTHING, false);
        server.exchange?.sendData(EMPTY, content(100_000), false);
        server.exchange?.sendTrailers(HEADS.trailers, NOTHING);
        await harness.run();
        assert.equal(client.log[client.log.length - 1], "end");
        assert.equal(client.end?.kind, "reset");
        assert.equal(client.end?.code, CANCEL);
        assert.equal(server.end?.code, CANCEL);
      },
    ],
  ),
  [
    "a reset inside the server's data, and inside onExchange",
    async (harness) => {
      harness.onAccept = (recorder) => {
        if (harness.accepted.length === 1) recorder.exchange?.reset(REFUSED_STREAM);
        recorder.at.data = () => recorder.exchange?.reset(CANCEL);
      };
      const refused = harness.start();
      refused.exchange?.sendData(EMPTY, content(10), true);
      await harness.run();
      const aborted = harness.start();
      aborted.exchange?.sendData(EMPTY, content(200_000), true);
      await harness.run();
      assert.equal(refused.end?.code, REFUSED_STREAM);
      assert.equal(refused.end?.unprocessed, true);
      assert.equal(aborted.end?.code, CANCEL);
      assert.equal(aborted.end?.unprocessed, false);
      assert.deepEqual(harness.accepted[0]?.log, ["end"]);
      assert.equal(harness.accepted[1]?.log.length, 2);
    },
    { needs: "codes" },
  ],
  [
    "an end inside onWritable",
    async (harness) => {
      const { client, server } = await harness.connect();
      server.consumes = false;
      client.exchange?.sendData(EMPTY, content(400_000), false);
      client.at.writable = () => client.exchange?.reset(CANCEL);
      await harness.run();
      server.exchange?.consume(server.bytes);
      server.consumes = true;
      await harness.run();
      assert.equal(client.count("writable"), 1);
      assert.equal(client.end?.code, CANCEL);
      assert.equal(server.end?.code, CANCEL);
    },
  ],
  [
    "the next exchange is opened inside the end of the one before, or as soon as there is capacity",
    async (harness) => {
      harness.onAccept = (recorder) => {
        recorder.exchange?.respond(HEADS.response, NOTHING, EMPTY, content(3), HEADS.trailers, NOTHING);
        recorder.exchange?.settled();
      };
      let calls = 0;
      const next = (): void => {
        if (++calls > 20) return;
        harness.whenCapacity(() => {
          harness.start(true).at.end = next;
        });
      };
      next();
      await harness.run();
      assert.equal(harness.accepted.length, 20);
      for (const recorder of harness.opened) assert.equal(recorder.end?.kind, "complete");
    },
    { slots: 1 },
  ],
];

/** One side gives up while both halves are open: it is told at once, the peer when it hears. */
async function givenUp(harness: Harness, code: number, side: "client" | "server"): Promise<readonly [one: Recorder, other: Recorder]> {
  const { client, server } = await harness.connect();
  server.exchange?.sendHead(HEADS.response, NOTHING, false);
  client.exchange?.sendData(EMPTY, content(10), false);
  await harness.run();
  const [one, other] = side === "client" ? [client, server] : [server, client];
  one.exchange?.reset(code);
  assert.equal(one.end?.kind, "reset", "onEnd before reset() returns");
  assert.equal(one.end.initiator, "application");
  assert.equal(one.end.code, code);
  one.exchange?.reset(CANCEL);
  await harness.run();
  assert.notEqual(other.end?.message ?? "", "");
  assert.equal(harness.pair.client.openExchanges, 0);
  assert.equal(harness.pair.server.openExchanges, 0);
  return [one, other];
}

async function resets(harness: Harness, code: number, side: "client" | "server"): Promise<void> {
  const [, other] = await givenUp(harness, code, side);
  assert.equal(other.end?.kind, "reset");
  assert.equal(other.end.initiator, "peer");
  assert.equal(other.end.code, code);
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
