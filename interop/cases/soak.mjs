import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { LARGE_REQUEST, LARGE_RESPONSE, zeros } from "./sizes.mjs";

const ACCEPTABLE_MS = 1000;

export async function rpcSoak({ client, iterations }) {
  await soak(iterations, () => once(client));
}

/** The same, with a channel of its own for each call. */
export async function channelSoak({ open, clientOf, iterations }) {
  await soak(iterations, async () => {
    const channel = open();
    await once(clientOf(channel));
    await channel.close();
  });
}

async function soak(iterations, run) {
  let slowest = 0;
  for (let i = 0; i < iterations; i++) {
    const started = performance.now();
    await run();
    slowest = Math.max(slowest, performance.now() - started);
    if ((i + 1) % 250 === 0) console.log(`${i + 1} of ${iterations}, slowest ${slowest.toFixed(0)} ms`);
  }
  assert.ok(slowest <= ACCEPTABLE_MS, `an iteration took ${slowest.toFixed(0)} ms, more than ${ACCEPTABLE_MS}`);
}

async function once(client) {
  const response = await client.unaryCall({ responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) });
  assert.equal(response.payload.body.length, LARGE_RESPONSE);
}
