// Sluice takes compression as an option of the call, and per message on a stream; what came is seen by an interceptor.
import assert from "node:assert/strict";
import { LARGE_REQUEST, LARGE_RESPONSE, zeros } from "./sizes.mjs";

const YES = { value: true };
const NO = { value: false };

export async function clientCompressedUnary({ client }) {
  const request = { responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) };
  await rejects(client.unaryCall({ ...request, expectCompressed: YES }), "invalid_argument");
  for (const [expectCompressed, options] of [
    [YES, { compression: "gzip" }],
    [NO, {}],
  ]) {
    const response = await client.unaryCall({ ...request, expectCompressed }, options);
    assert.deepEqual(response.payload.body, new Uint8Array(LARGE_RESPONSE));
  }
}

export async function serverCompressedUnary({ client, compressed }) {
  for (const responseCompressed of [YES, NO]) {
    compressed.take();
    const response = await client.unaryCall({ responseSize: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST), responseCompressed });
    assert.deepEqual(response.payload.body, new Uint8Array(LARGE_RESPONSE));
    assert.deepEqual(compressed.take(), [responseCompressed.value]);
  }
}

export async function clientCompressedStreaming({ client }) {
  const probe = client.streamingInputCall();
  await probe.send({ expectCompressed: YES, payload: zeros(27_182) });
  await rejects(probe.finish(), "invalid_argument");
  const call = client.streamingInputCall({ compression: "gzip" });
  await call.send({ expectCompressed: YES, payload: zeros(27_182) }, { compress: true });
  await call.send({ expectCompressed: NO, payload: zeros(45_904) }, { compress: false });
  assert.equal((await call.finish()).aggregatedPayloadSize, 73_086);
}

export async function serverCompressedStreaming({ client, compressed }) {
  const parameters = [
    { size: 31_415, compressed: YES },
    { size: 92_653, compressed: NO },
  ];
  compressed.take();
  const sizes = [];
  for await (const response of client.streamingOutputCall({ responseParameters: parameters })) sizes.push(response.payload.body.length);
  assert.deepEqual(sizes, [31_415, 92_653]);
  assert.deepEqual(compressed.take(), [true, false]);
}

function rejects(promise, code) {
  return assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    return true;
  });
}
