import assert from "node:assert/strict";

const ORDINARY = { code: 2, message: "test status message" };
const SPECIAL = { code: 2, message: "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \u{1f608}\t\n" };

export async function statusCodeAndMessage({ client }) {
  await rejects(client.unaryCall({ responseStatus: ORDINARY }), "unknown", ORDINARY.message);
  const call = client.fullDuplexCall();
  await call.send({ responseStatus: ORDINARY });
  call.closeSend();
  await rejects(call.receive(), "unknown", ORDINARY.message);
  const { code, message } = await call.outcome;
  assert.deepEqual({ code, message }, { code: "unknown", message: ORDINARY.message });
}

export async function specialStatusMessage({ client }) {
  await rejects(client.unaryCall({ responseStatus: SPECIAL }), "unknown", SPECIAL.message);
}

export async function unimplementedMethod({ client }) {
  await rejects(client.unimplementedCall({}), "unimplemented");
}

export async function unimplementedService({ unimplemented }) {
  await rejects(unimplemented.unimplementedCall({}), "unimplemented");
}

function rejects(promise, code, message) {
  return assert.rejects(promise, (error) => {
    assert.equal(error.code, code, error.message);
    // The library may add to an error's text; what the peer said is the message of the status.
    if (message !== undefined)
      assert.ok(error.message.includes(message), `${JSON.stringify(error.message)} lacks ${JSON.stringify(message)}`);
    return true;
  });
}
