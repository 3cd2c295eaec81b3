// Calls by sluice/web and sluice/page: what they bring, and how they end.
import { TestService } from "../../../build/gen/grpc-testing_pb.js";
import { clientOf, drained, failure } from "./clients.mjs";

/** A stream whose handler runs on after this many messages. */
const endless = (client, options, messages = 1) => client.server({ id: messages, name: "hold" }, options);

/** What one check leaves for the next to go on with. */
const kept = {};

export const calls = {
  async unary(at) {
    const { client, left } = clientOf(at);
    let head;
    let trailers;
    const response = await client.unary(
      { id: 7, name: "é" },
      { headers: { "x-ask": "1" }, onHeaders: (h) => (head = h.get("x-head")), onTrailers: (t) => (trailers = t.get("x-trailer")) },
    );
    return { id: response.id, name: response.name, head, trailers, left: left() };
  },

  fails: (at, message = { id: 1 }) => failure(clientOf(at).client.unary(message)),

  async failsStreaming(at) {
    const { ids, error } = await drained(clientOf(at).client.server({ id: 3, name: "fail" }));
    return { ids, error };
  },

  /** The length of each of so many streams at once, up to the first message out of order. */
  async streams(at, streams, messages) {
    const { client, left } = clientOf(at);
    const lengths = await Promise.all(
      Array.from({ length: streams }, async () => {
        let length = 0;
        for await (const { id } of client.server({ id: messages })) if (id === length) length++;
        return length;
      }),
    );
    return { lengths, left: left() };
  },

  /** Opens an endless stream, takes one message, and leaves in this way; when it did, and what came of it. */
  async leave(at, how) {
    const { client, left } = clientOf(at);
    const abort = new AbortController();
    const stream = endless(client, { signal: abort.signal, closeTimeoutMs: 300 });
    let leftAt;
    if (how === "break") {
      for await (const _ of stream) {
        leftAt = Date.now();
        break;
      }
    } else {
      await stream.receive();
      leftAt = Date.now();
    }
    if (how === "abort") abort.abort("enough");
    if (how === "cancel") stream.cancel();
    if (how === "close") await stream.close();
    const { code, initiator } = await stream.outcome;
    return { code, initiator, leftAt, endedAt: Date.now(), left: left() };
  },

  beginUnary(at) {
    kept.abort = new AbortController();
    kept.unary = failure(clientOf(at).client.unary({ name: "park" }, { signal: kept.abort.signal }));
  },

  async abortUnary() {
    const leftAt = Date.now();
    kept.abort.abort();
    return { code: (await kept.unary).code, leftAt };
  },

  unaryDeadline: (at, timeoutMs) => failure(clientOf(at).client.unary({ name: "park" }, { timeoutMs })),

  async streamDeadline(at, timeoutMs) {
    const { ids, error } = await drained(endless(clientOf(at).client, { timeoutMs }));
    return { ids, code: error.code };
  },

  async idle(at) {
    const { ids, error } = await drained(endless(clientOf(at).client, { idleTimeoutMs: 100 }));
    return { ids, error };
  },

  /** Opens an endless stream, takes one of its messages, and leaves the rest to what becomes of the page or the server. */
  async hold(at, messages = 1) {
    kept.held = endless(clientOf(at).client, {}, messages);
    return (await kept.held.receive()).id;
  },

  /** What is still to be had of the stream that was held, once it has ended. */
  async heldAfterwards() {
    await kept.held.outcome;
    return drained(kept.held);
  },

  /** As many streams as a browser has connections of HTTP/1.1 to a host, then one more, first while they last, then when one has gone. */
  async oneTooMany(at, connections) {
    const { client } = clientOf(at);
    const held = Array.from({ length: connections }, () => endless(client));
    for (const stream of held) await stream.receive();
    const waited = await failure(client.unary({ id: 1 }, { timeoutMs: 200 }));
    await held[0].cancel();
    const { id } = await client.unary({ id: 1 }, { timeoutMs: 2_000 });
    for (const stream of held) stream.cancel();
    return { waited: waited?.code, id };
  },

  // ---- requests as a stream

  async upload(at) {
    let sum;
    const began = Date.now();
    const error = await failure(
      clientOf(at)
        .client.client([{ id: 1 }, { id: 2 }, { id: 3 }])
        .then(({ id }) => (sum = id)),
    );
    return { sum, error, ms: Date.now() - began };
  },

  talk: (at) => drained(clientOf(at).client.bidi([{ id: 1 }, { id: 2 }])),

  async talkByHand(at) {
    const { client } = clientOf(at);
    const talk = client.bidi();
    await talk.send({ id: 1 });
    await talk.send({ id: 2 });
    talk.closeSend();
    return { after: await drained(talk), before: await failure(client.bidi().receive()) };
  },

  async beginUpload(at) {
    kept.upload = clientOf(at).client.client();
    await kept.upload.send({ id: 1 });
  },

  /** An upload whose handler takes no more than its first message, until no more can be sent. */
  async beginStuckUpload(at) {
    kept.upload = clientOf(at).client.client();
    await kept.upload.send({ name: "park" });
    const body = new Uint8Array(100_000);
    try {
      for (;;) await kept.upload.send({ body }, { timeoutMs: 100 });
    } catch {}
  },

  async cancelUpload() {
    const leftAt = Date.now();
    kept.upload.cancel();
    return { code: (await kept.upload.outcome).code, leftAt };
  },

  // ---- GET

  async get(at) {
    const { client } = clientOf({ ...at, httpGet: true });
    return (await client.unary({ id: 1 })).id;
  },

  /** Asks a method that is safe, whose answer says which run of the handler made it. `cacheControl`: what the handler says of caching. */
  async cacheable(at, key, cacheControl, options) {
    const { client } = clientOf(at, TestService);
    const request = { responseSize: key, payload: { body: new TextEncoder().encode(cacheControl) } };
    return (await client.cacheableUnaryCall(request, options)).serverId;
  },
};
