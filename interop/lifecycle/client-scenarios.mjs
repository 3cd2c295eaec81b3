// What a Sluice client is told by Go servers that misbehave by script (interop/go/peer).
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { EchoStatusSchema } from "../../build/gen/grpc-testing_pb.js";

const ECHO = { responseParameters: [{ size: 10 }] };

/** `library`: for one of them alone; `endsPeer`: the server is not there afterwards. */
export const clientScenarios = {
  "a server that never answers: deadline": {
    async run({ client, idle }) {
      const started = performance.now();
      await rejects(client.unaryCall({}, { headers: script("mute"), timeoutMs: 300 }), "deadline_exceeded");
      const took = performance.now() - started;
      assert.ok(took > 250 && took < 1500, `the deadline of 300 ms came after ${took.toFixed(0)} ms`);
      await idle(1);
    },
  },

  "a server that never answers: close() is bounded": {
    async run({ client, idle }) {
      const call = client.fullDuplexCall({ headers: script("mute"), closeTimeoutMs: 300 });
      await call.send(ECHO);
      const started = performance.now();
      const outcome = await call.close();
      const took = performance.now() - started;
      assert.equal(outcome.code, "cancelled");
      assert.ok(took > 250 && took < 1500, `close() with 300 ms took ${took.toFixed(0)} ms`);
      await idle(1);
    },
  },

  "a server that never answers: cancel": {
    async run({ client, idle }) {
      const call = client.fullDuplexCall({ headers: script("mute") });
      await call.send(ECHO);
      const waiting = rejects(call.receive(), "cancelled");
      await sleep(100);
      call.cancel();
      await waiting;
      assert.equal((await call.outcome).initiator, "application");
      await idle(1);
    },
  },

  "a server that sends for ever: a reader that stops": {
    async run({ client, idle }) {
      const call = client.streamingOutputCall({});
      await call.receive();
      const before = process.memoryUsage();
      await sleep(1000);
      const after = process.memoryUsage();
      const grown = (after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers) / 1e6;
      assert.ok(grown < 20, `${grown.toFixed(0)} MB were kept for a reader that does not read`);
      // And it goes on from there.
      for (let i = 0; i < 5000; i++) assert.ok((await call.receive()) !== undefined);
      call.cancel();
      await idle(1);
      return { told: `${grown.toFixed(1)} MB more after 1 s` };
    },
  },

  "a whole answer while the client sends": {
    async run({ client }) {
      const call = client.streamingInputCall({ headers: script("early") });
      const error = await sendUntilRefused(call, 1000);
      assert.equal(error.code, "failed_precondition");
      assert.equal((await call.finish()).aggregatedPayloadSize, 1);
      assert.equal((await call.outcome).code, "ok");
    },
  },

  "an error on a stream of both": {
    async run({ client }) {
      const call = client.fullDuplexCall({ headers: script("early-error") });
      await call.send(ECHO);
      await rejects(call.receive(), "aborted", "changed my mind");
      await rejects(call.receive(), "aborted");
      await rejects(Promise.resolve(call.send(ECHO)), "aborted");
      assert.equal((await call.close()).code, "aborted");
    },
  },

  "details of an error": {
    async run({ client }) {
      const error = await failure(client.unaryCall({}, { headers: script("details") }));
      assert.equal(error.code, "failed_precondition");
      assert.ok(error.message.includes("not now: 50 % \u263a"), error.message);
      const details = error.findDetails(EchoStatusSchema).map(({ code, message }) => ({ code, message }));
      assert.deepEqual(details, [
        { code: 1, message: "first" },
        { code: 2, message: "second" },
      ]);
    },
  },

  "a code without a name": {
    library: "grpc-go",
    async run({ client }) {
      assert.equal((await failure(client.unaryCall({}, { headers: script("code-99") }))).code, 99);
    },
  },

  "metadata both ways": {
    library: "grpc-go",
    async run({ client }) {
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      const headers = { ...script("metadata"), "in-text": "a value, with comma", "in-many": ["one", "two"], "in-bytes-bin": every };
      const call = client.fullDuplexCall({ headers });
      call.closeSend();
      assert.equal(await call.receive(), undefined);
      const { trailers } = await call.outcome;
      for (const [metadata, prefix] of [
        [await call.headers, "head-"],
        [trailers, "tail-"],
      ]) {
        assert.equal(metadata.get(`${prefix}text`), "a value, with comma");
        assert.deepEqual(metadata.getAll(`${prefix}many`), ["one", "two"]);
        assert.deepEqual([...metadata.getBinary(`${prefix}bytes-bin`)], [...every]);
      }
    },
  },

  "Stop in the middle of a stream": {
    endsPeer: true,
    async run({ client, peer }) {
      const call = client.fullDuplexCall();
      await echo(call);
      peer.write("stop\n");
      await rejects(call.receive(), "unavailable");
      assert.equal((await call.outcome).code, "unavailable");
    },
  },

  "2,000 cancels on one connection": {
    async run({ client, channel, idle }) {
      for (let done = 0; done < 2000; done += 50) {
        const calls = Array.from({ length: 50 }, () => client.fullDuplexCall());
        await Promise.all(calls.map(echo));
        for (const call of calls) call.cancel();
      }
      await client.emptyCall({});
      assert.equal(channel.statistics().openConnections, 1);
      await idle(2000);
    },
  },
};

function script(name) {
  return { "x-script": name };
}

async function echo(call) {
  await call.send(ECHO);
  assert.equal((await call.receive())?.payload.body.length, 10);
}

/** Sends until the call refuses to; returns the reason. */
async function sendUntilRefused(call, size) {
  const message = { payload: { body: new Uint8Array(size) } };
  for (let i = 0; i < 20_000; i++) {
    try {
      await call.send(message);
    } catch (error) {
      return error;
    }
    if (i > 100) await sleep(1);
  }
  throw new Error("the call takes messages for ever after its end");
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the call went well");
}

async function rejects(promise, code, text = "") {
  const error = await failure(promise);
  assert.equal(error.code, code, error.stack);
  assert.ok(error.message.includes(text), error.message);
}
