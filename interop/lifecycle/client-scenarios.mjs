// Sluice's client against a grpc-go server that misbehaves by script (interop/go/peer).
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { EchoStatusSchema, TestService } from "../../build/gen/grpc-testing_pb.js";
import { startServer } from "../children.mjs";
import { allZero } from "./leaks.mjs";

const ECHO = { responseParameters: [{ size: 10 }] };

export const clientScenarios = {
  "a server that never answers: deadline": async ({ client, peer }) => {
    const started = performance.now();
    await rejects(client.unaryCall({}, { headers: script("mute"), timeoutMs: 300 }), "deadline_exceeded");
    const took = performance.now() - started;
    assert.ok(took > 250 && took < 1500, `the deadline of 300 ms came after ${took.toFixed(0)} ms`);
    await peerIsIdle(peer, 1);
  },

  "a server that never answers: close() is bounded": async ({ client, peer }) => {
    const call = client.fullDuplexCall({ headers: script("mute"), closeTimeoutMs: 300 });
    await call.send(ECHO);
    const started = performance.now();
    const outcome = await call.close();
    const took = performance.now() - started;
    assert.equal(outcome.code, "cancelled");
    assert.ok(took > 250 && took < 1500, `close() with 300 ms took ${took.toFixed(0)} ms`);
    await peerIsIdle(peer, 1);
  },

  "a server that never answers: cancel": async ({ client, peer }) => {
    const call = client.fullDuplexCall({ headers: script("mute") });
    await call.send(ECHO);
    const waiting = rejects(call.receive(), "cancelled");
    await sleep(100);
    call.cancel();
    await waiting;
    assert.equal((await call.outcome).initiator, "application");
    await peerIsIdle(peer, 1);
  },

  "a server that sends for ever: break": async ({ client, channel, peer }) => {
    let seen = 0;
    const call = client.streamingOutputCall({});
    for await (const _message of call) if (++seen === 10) break;
    assert.equal((await call.outcome).code, "cancelled");
    await peerIsIdle(peer, 1);
    assert.equal(channel.statistics().openConnections, 1, "the connection went with the call");
  },

  "a server that sends for ever: a reader that stops": async ({ client, peer }) => {
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
    await peerIsIdle(peer, 1);
    return `${grown.toFixed(1)} MB more after 1 s`;
  },

  "a whole answer while the client sends": async ({ client }) => {
    const call = client.streamingInputCall({ headers: script("early") });
    const error = await sendUntilRefused(call, 1000);
    assert.equal(error.code, "failed_precondition");
    assert.equal((await call.finish()).aggregatedPayloadSize, 1);
    assert.equal((await call.outcome).code, "ok");
  },

  "an error while the client sends": async ({ client, peer }) => {
    for (const size of [10, 200_000]) {
      const call = client.streamingInputCall({ headers: script("early-error") });
      const error = await sendUntilRefused(call, size);
      assert.equal(error.code, "resource_exhausted");
      await rejects(call.finish(), "resource_exhausted", "enough");
      assert.equal((await call.outcome).initiator, "peer");
    }
    await peerIsIdle(peer, 2);
  },

  "an error on a stream of both": async ({ client }) => {
    const call = client.fullDuplexCall({ headers: script("early-error") });
    await call.send(ECHO);
    await rejects(call.receive(), "aborted", "changed my mind");
    await rejects(call.receive(), "aborted");
    await rejects(Promise.resolve(call.send(ECHO)), "aborted");
    assert.equal((await call.close()).code, "aborted");
  },

  "details of an error": async ({ client }) => {
    const error = await failure(client.unaryCall({}, { headers: script("details") }));
    assert.equal(error.code, "failed_precondition");
    assert.ok(error.message.includes("not now: 50 % \u263a"), error.message);
    const details = error.findDetails(EchoStatusSchema).map(({ code, message }) => ({ code, message }));
    assert.deepEqual(details, [
      { code: 1, message: "first" },
      { code: 2, message: "second" },
    ]);
  },

  "a code without a name": async ({ client }) => {
    assert.equal((await failure(client.unaryCall({}, { headers: script("code-99") }))).code, 99);
  },

  "metadata both ways": async ({ client }) => {
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

  "GracefulStop in the middle of a stream": async ({ client, peer }) => {
    const call = client.fullDuplexCall();
    await echo(call);
    peer.write("graceful-stop\n");
    await sleep(300);
    await echo(call);
    const started = performance.now();
    await rejects(client.emptyCall({}, { timeoutMs: 3000 }), "unavailable");
    const took = performance.now() - started;
    call.closeSend();
    assert.equal(await call.receive(), undefined);
    assert.equal((await call.outcome).code, "ok");
    await peer.says(/stopped/, 5000);
    return `a new call was refused after ${took.toFixed(0)} ms`;
  },

  "Stop in the middle of a stream": async ({ client, peer }) => {
    const call = client.fullDuplexCall();
    await echo(call);
    peer.write("stop\n");
    await rejects(call.receive(), "unavailable");
    assert.equal((await call.outcome).code, "unavailable");
  },

  "the server is killed": async ({ client, peer }) => {
    const call = client.fullDuplexCall();
    await echo(call);
    const started = performance.now();
    peer.kill("SIGKILL");
    await rejects(call.receive(), "unavailable");
    const took = performance.now() - started;
    const { initiator, message } = await call.outcome;
    // A killed process's socket ends as an orderly one does, or with a reset: both are said truly.
    assert.ok(["network", "peer"].includes(initiator), initiator);
    return `told after ${took.toFixed(1)} ms: ${initiator}, ${message}`;
  },

  "2,000 cancels on one connection": async ({ client, channel, peer }) => {
    for (let done = 0; done < 2000; done += 50) {
      const calls = Array.from({ length: 50 }, () => client.fullDuplexCall());
      await Promise.all(calls.map(echo));
      for (const call of calls) call.cancel();
    }
    await client.emptyCall({});
    assert.equal(channel.statistics().openConnections, 1);
    await peerIsIdle(peer, 2000);
  },
};

/** Runs one: a fresh server process, a fresh channel, and at the end nothing that is left of either. */
export async function runClientScenario(name, program) {
  const peer = await startServer(program, []);
  const channel = connect(`http://127.0.0.1:${peer.port}`, { protocol: "grpc" });
  try {
    const told = await clientScenarios[name]({ client: createClient(TestService, channel, { timeoutMs: 20_000 }), channel, peer });
    await allZero("the channel", () => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
    await channel.close({ graceMs: 0 });
    await allZero("the closed channel", () => channel.statistics(), ["openConnections", "timers"]);
    return told;
  } finally {
    await channel.close({ graceMs: 0 });
    await peer.stop("SIGKILL");
  }
}

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

/** The peer's handlers have ended, `finished` of them in all. */
async function peerIsIdle(peer, finished) {
  for (let tries = 0; tries < 50; tries++) {
    const before = peer.text().length;
    peer.write("stats\n");
    await sleep(40);
    const counts = /running (\d+) cancelled \d+ finished (\d+)/.exec(peer.text().slice(before));
    if (counts !== null && counts[1] === "0" && Number(counts[2]) === finished) return;
  }
  throw new Error(`the server's handlers do not end:\n${peer.text().slice(-300)}`);
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
