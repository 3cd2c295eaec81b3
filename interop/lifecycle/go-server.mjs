// A Go server (interop/go/peer) with what it says of its handlers and goroutines, and a Sluice channel to it.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { startServer } from "../children.mjs";
import { Finding } from "../report.mjs";
import { allZero } from "./leaks.mjs";
import { startProxy } from "./proxies/programs.mjs";

/** The most that the goroutines and timers of a scenario may take to go once its call has ended. */
const REST_LIMIT_MS = 2000;

/**
 * Runs `scenario.run` against a fresh server and a fresh channel that has made its connection; afterwards open streams are 0 on both
 * sides, timers and goroutines as many as before. Returns `{ ms, told }`: `ms` is from the act until both sides had ended.
 * `via`: the name of a proxy between the two.
 */
export async function runAgainstGo(scenario, program, library, via) {
  const peer = await startServer(program, ["-library", library, ...(scenario.peerArguments ?? [])]);
  const world = { peer, via, stats: () => peerStats(peer), idle: (finished, limitMs) => peerIsIdle(peer, finished, limitMs) };
  const between = via === undefined ? scenario.through : (port) => startProxy(via, port);
  const through = between === undefined ? { port: peer.port, close() {} } : await between(peer.port);
  const protocol = library === "connect-go-connect" ? "connect" : "grpc";
  const channel = connect(`http://127.0.0.1:${through.port}`, { protocol, ...scenario.channel });
  Object.assign(world, { channel, through, client: createClient(TestService, channel, { timeoutMs: 20_000 }) });
  try {
    await world.client.emptyCall({});
    const before = await atRest(world.stats);
    const timers = channel.statistics().timers;
    const found = await scenario.run(world);
    await allZero("the channel", () => channel.statistics(), ["openStreams", "openCalls", "waitingCalls"]);
    if (!peer.ended() && !scenario.endsPeer) await goroutinesReturn(world, before.goroutines);
    if (channel.statistics().openConnections > 0) {
      await asBefore("the channel's timers", () => channel.statistics().timers, timers);
    }
    await channel.close({ graceMs: 0 });
    await allZero("the closed channel", () => channel.statistics(), ["openConnections", "timers"]);
    return found;
  } finally {
    await channel.close({ graceMs: 0 });
    await through.close();
    await peer.stop("SIGKILL");
  }
}

/** The act, then the end of both sides: `finished` handlers have ended in all. Returns how long it took, bounded. */
export async function bothEnd({ idle }, boundMs, finished, act) {
  const started = performance.now();
  await act();
  await idle(finished, boundMs + 1000);
  const ms = performance.now() - started;
  if (ms > boundMs) throw new Finding(`both sides had ended after ${ms.toFixed(0)} ms, promised are ${boundMs} ms`);
  return ms;
}

/** What a Go server says of its handlers, asked on its standard input. */
export async function peerStats(peer) {
  const from = peer.text().length;
  peer.write("stats\n");
  for (let waited = 0; waited < 2000; waited += 2) {
    const line = /running (\d+) cancelled (\d+) finished (\d+) goroutines (\d+)/.exec(peer.text().slice(from));
    if (line !== null)
      return { running: Number(line[1]), cancelled: Number(line[2]), finished: Number(line[3]), goroutines: Number(line[4]) };
    await sleep(2);
  }
  throw new Finding("the server does not answer");
}

async function peerIsIdle(peer, finished, limitMs = 2000) {
  const started = performance.now();
  let last;
  while (performance.now() - started < limitMs) {
    last = await peerStats(peer);
    if (last.running === 0 && last.finished === finished) return;
    await sleep(5);
  }
  throw new Finding(`the server's handlers do not end within ${limitMs} ms: ${JSON.stringify(last)}, ${finished} were to finish`);
}

/** Asks until the number of goroutines does not change any more. */
async function atRest(stats) {
  let last = await stats();
  for (let same = 0; same < 3; ) {
    await sleep(15);
    const now = await stats();
    same = now.goroutines === last.goroutines ? same + 1 : 0;
    last = now;
  }
  return last;
}

async function goroutinesReturn({ stats }, before) {
  let now;
  for (let waited = 0; waited < REST_LIMIT_MS; waited += 20) {
    now = (await stats()).goroutines;
    if (now <= before) return;
    await sleep(20);
  }
  throw new Finding(`the server has ${now} goroutines, ${before} before`);
}

async function asBefore(what, read, before) {
  for (let waited = 0; waited < REST_LIMIT_MS; waited += 20) {
    if (read() <= before) return;
    await sleep(20);
  }
  assert.fail(`${what}: ${read()}, ${before} before`);
}
