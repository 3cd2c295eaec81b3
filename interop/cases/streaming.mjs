import assert from "node:assert/strict";
import { REQUESTS, RESPONSES, zeros } from "./sizes.mjs";

export async function clientStreaming({ client }) {
  const call = client.streamingInputCall();
  for (const size of REQUESTS) await call.send({ payload: zeros(size) });
  assert.equal((await call.finish()).aggregatedPayloadSize, 74_922);
}

export async function serverStreaming({ client }) {
  const call = client.streamingOutputCall({ responseParameters: RESPONSES.map((size) => ({ size })) });
  const sizes = [];
  for await (const response of call) sizes.push(response.payload.body.length);
  assert.deepEqual(sizes, RESPONSES);
  assert.equal((await call.outcome).code, "ok");
}

export async function pingPong({ client }) {
  const call = client.fullDuplexCall();
  for (const [i, size] of REQUESTS.entries()) {
    await call.send({ responseParameters: [{ size: RESPONSES[i] }], payload: zeros(size) });
    assert.equal((await call.receive())?.payload.body.length, RESPONSES[i]);
  }
  call.closeSend();
  assert.equal(await call.receive(), undefined);
  assert.equal((await call.outcome).code, "ok");
}

export async function emptyStream({ client }) {
  const call = client.fullDuplexCall();
  call.closeSend();
  assert.equal(await call.receive(), undefined);
  assert.equal((await call.outcome).code, "ok");
}
