// What interop/dubbo/go/walker does, with a client of Sluice: one call, and what is seen of it in the same words.
import { codeToNumber } from "sluice";

const request = (...sizes) => ({ responseParameters: sizes.map((size) => ({ size })) });

/** `options` are those of the call; `opened` is called when it is open and has had its first answer, where the script is `park`. */
export async function walk(client, { kind, method = "unaryCall", script = "" }, options = {}, opened = () => {}) {
  const seen = { code: 0, message: "", details: [], name: "", bytes: 0, messages: 0, headers: {}, trailers: {} };
  const headers = { ...(script && { "x-script": script }), ...(script === "metadata" && { "in-a": "1", "in-b": "2" }) };
  const told = {
    ...options,
    headers,
    onHeaders: (given) => keep(seen.headers, given),
    onTrailers: (given) => keep(seen.trailers, given),
  };
  try {
    await WALKS[kind](client, { method, script, opened }, told, seen);
  } catch (error) {
    seen.code = codeToNumber(error.code);
    seen.message = error.message;
    seen.details = error.details.map(({ type, value }) => `${type} ${Buffer.from(value).toString("hex")}`);
  }
  return seen;
}

const WALKS = {
  async unary(client, { method, script, opened }, told, seen) {
    if (script === "park") opened();
    const response = await client[method]({ payload: { body: Uint8Array.of(1, 2, 3) } }, told);
    Object.assign(seen, { name: response.username, bytes: response.payload?.body.length ?? 0, messages: 1 });
  },
  async client(client, { script, opened }, told, seen) {
    const call = client.streamingInputCall(told);
    for (let i = 0; i < 3; i++) await call.send({ payload: { body: Uint8Array.of(1) } });
    if (script === "park") opened();
    if (script === "park") await call.outcome;
    const response = await call.finish();
    Object.assign(seen, { bytes: response.aggregatedPayloadSize, messages: 1 });
  },
  async server(client, { script, opened }, told, seen) {
    for await (const _ of client.streamingOutputCall(request(1, 2, 3), told)) {
      seen.messages++;
      if (script === "park" && seen.messages === 3) opened();
    }
  },
  async bidi(client, { script, opened }, told, seen) {
    const call = client.fullDuplexCall(told);
    for (let i = 0; i < 3; i++) {
      await call.send(request(1));
      if ((await call.receive()) === undefined) return;
      seen.messages++;
      if (script === "park") {
        opened();
        await call.receive();
      }
      if (script === "drain" && i === 0) await opened();
    }
    call.closeSend();
    for await (const _ of call) seen.messages++;
  },
};

function keep(into, metadata) {
  for (const [key, value] of metadata) if (/^(head|tail)-/.test(key)) into[key] = value;
}
