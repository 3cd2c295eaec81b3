import assert from "node:assert/strict";
import { zeros } from "./sizes.mjs";

const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";
const headers = { [INITIAL]: "test_initial_metadata_value", [TRAILING]: Uint8Array.of(0xab, 0xab, 0xab) };

export async function customMetadata({ client }) {
  let initial;
  let trailing;
  const onHeaders = (metadata) => (initial = metadata);
  const onTrailers = (metadata) => (trailing = metadata);
  await client.unaryCall({ responseSize: 1, payload: zeros(1) }, { headers, onHeaders, onTrailers });
  check(initial, trailing);

  const call = client.fullDuplexCall({ headers });
  await call.send({ responseParameters: [{ size: 1 }], payload: zeros(1) });
  const streamHeaders = await call.headers;
  assert.equal((await call.receive())?.payload.body.length, 1);
  call.closeSend();
  assert.equal(await call.receive(), undefined);
  check(streamHeaders, (await call.outcome).trailers);
}

function check(initial, trailing) {
  assert.deepEqual(initial?.getAll(INITIAL), ["test_initial_metadata_value"]);
  assert.deepEqual([...(trailing?.getBinary(TRAILING) ?? [])], [0xab, 0xab, 0xab]);
}
