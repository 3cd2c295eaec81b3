import assert from "node:assert/strict";
import { zeros } from "./sizes.mjs";

export async function cancelAfterBegin({ client }) {
  const call = client.streamingInputCall({ headers: { key1: "value1", key2: "value2" } });
  call.cancel();
  assert.equal((await call.outcome).code, "cancelled");
  await assert.rejects(call.finish(), { code: "cancelled" });
}

export async function cancelAfterFirstResponse({ client }) {
  const call = client.fullDuplexCall();
  await call.send({ responseParameters: [{ size: 31_415 }], payload: zeros(27_182) });
  assert.equal((await call.receive())?.payload.body.length, 31_415);
  call.cancel();
  assert.equal((await call.outcome).code, "cancelled");
  await assert.rejects(call.receive(), { code: "cancelled" });
}

export async function timeoutOnSleepingServer({ client }) {
  const call = client.fullDuplexCall({ timeoutMs: 1 });
  // The call may be over before the message is accepted.
  await Promise.resolve(call.send({ payload: zeros(27_182) })).catch(() => {});
  await assert.rejects(call.receive(), { code: "deadline_exceeded" });
  assert.equal((await call.outcome).code, "deadline_exceeded");
}
