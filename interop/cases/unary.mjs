import assert from "node:assert/strict";
import { LARGE_REQUEST, LARGE_RESPONSE, zeros } from "./sizes.mjs";

export async function emptyUnary({ client }) {
  await client.emptyCall({});
}

/** gRPC over HTTP/2 has no GET, so what is left of this case is that the method answers, twice, and that nothing in between cached it. */
export async function cacheableUnary({ client }) {
  const request = { payload: { body: new TextEncoder().encode(String(process.hrtime.bigint())) } };
  const headers = { "x-user-ip": "1.2.3.4" };
  const first = await client.cacheableUnaryCall(request, { headers });
  const second = await client.cacheableUnaryCall(request, { headers });
  assert.ok(first.payload.body.length > 0 && second.payload.body.length > 0);
}

export async function largeUnary({ client }) {
  await callLarge(client);
}

export async function concurrentLargeUnary({ client }) {
  await Promise.all(Array.from({ length: 100 }, () => callLarge(client)));
}

/** All calls of one channel go to one server. */
export async function pickFirstUnary({ client }) {
  const ids = new Set();
  for (let i = 0; i < 100; i++) ids.add((await client.unaryCall({ responseSize: 1, payload: zeros(1), fillServerId: true })).serverId);
  assert.equal(ids.size, 1);
  assert.ok(!ids.has(""), "the server gave no id");
}

async function callLarge(client) {
  const response = await client.unaryCall({ responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) });
  assert.deepEqual(response.payload.body, new Uint8Array(LARGE_RESPONSE));
}
