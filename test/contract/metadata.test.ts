import assert from "node:assert/strict";
import { ContextValues, contextKey, Metadata, RpcError } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { ONE_FIELD } from "./carriers.js";
import { hasPlainUnary } from "./dialect.js";
import { code, gate, guarantee, namesIn } from "./world.js";

guarantee(
  "metadata goes both ways, bytes included, and headers come before messages",
  {
    unaryOnly: true,
    impl: {
      unary(_request, context) {
        context.responseHeaders.set("got", context.requestHeaders.get("some") ?? "");
        context.responseHeaders.set("got-bin", context.requestHeaders.getBinary("some-bin") ?? new Uint8Array());
        context.responseTrailers.set("last", "word");
        context.responseTrailers.set("last-bin", Uint8Array.of(0, 255));
        return {};
      },
    },
  },
  async ({ client }) => {
    const seen: string[] = [];
    const request = { headers: { some: "a", "some-bin": Uint8Array.of(1, 2, 254) } };
    await client.unary(
      {},
      {
        ...request,
        onHeaders(headers) {
          seen.push(`headers ${headers.get("got")}`);
          assert.deepEqual(headers.getBinary("got-bin"), Uint8Array.of(1, 2, 254));
        },
        onTrailers(trailers) {
          seen.push(`trailers ${trailers.get("last")}`);
          assert.deepEqual(trailers.getBinary("last-bin"), Uint8Array.of(0, 255));
        },
      },
    );
    assert.deepEqual(seen, ["headers a", "trailers word"]);
    const headers = new Metadata([["some", "c"]]);
    await client.unary({}, { headers, onHeaders: (got) => assert.equal(got.get("got"), "c") });
    headers.set("some", "later");
  },
);

guarantee(
  "metadata that has several values of a name keeps each",
  {
    impl: {
      unary(_request, context) {
        context.responseHeaders.set("got", context.requestHeaders.getAll("many").join("|"));
        context.responseTrailers.set("last", "word").append("last", "words");
        return {};
      },
    },
    skip: ONE_FIELD,
  },
  async ({ client }) => {
    const seen: string[] = [];
    await client.unary(
      {},
      {
        headers: { many: ["a", "b"] },
        onHeaders: (headers) => void seen.push(`headers ${headers.get("got")}`),
        onTrailers: (trailers) => void seen.push(`trailers ${trailers.getAll("last").join()}`),
      },
    );
    assert.deepEqual(seen, ["headers a|b", "trailers word,words"]);
  },
);

guarantee(
  "headers of a server stream come while its handler waits, before any message",
  {
    impl: {
      async *server(_request, context) {
        context.responseHeaders.set("early", "yes");
        await GATES[0]?.promise;
        yield { id: 1 };
      },
    },
  },
  async ({ client, settle }) => {
    GATES[0] = gate();
    const stream = client.server({});
    assert.equal((await stream.headers).get("early"), "yes");
    const first = stream.receive();
    await settle();
    GATES[0].open();
    assert.equal((await first)?.id, 1);
    assert.equal(await stream.receive(), undefined);
  },
);

guarantee(
  "headers of other kinds come with sendHeaders() or the first message; setting one later is a mistake that says so",
  {
    impl: {
      async unary(_request, context) {
        context.responseHeaders.set("a", "1");
        context.sendHeaders();
        const set = () => context.responseHeaders.set("b", "2");
        if (headLast) set();
        else assert.throws(set, /have been sent/);
        await GATES[1]?.promise;
        return { id: 7 };
      },
      async *bidi(requests, context) {
        context.responseHeaders.set("a", "2");
        for await (const request of requests) yield request;
        assert.throws(() => context.responseHeaders.set("b", "2"), /have been sent/);
      },
    },
  },
  async ({ client, settle, protocol, readable }) => {
    GATES[1] = gate();
    headLast = hasPlainUnary(protocol);
    const seen: string[] = [];
    const reply = client.unary({}, { onHeaders: (headers) => void seen.push(headers.get("a") ?? "") });
    await settle();
    assert.deepEqual(seen, headLast ? [] : ["1"]);
    GATES[1].open();
    assert.equal((await reply).id, 7);
    const talk = client.bidi();
    void talk.headers.then((headers) => void seen.push(headers.get("a") ?? ""));
    await settle();
    assert.deepEqual(seen, ["1"]);
    await talk.send({ id: 1 });
    assert.equal((await readable(talk).headers).get("a"), "2");
    assert.equal((await talk.receive())?.id, 1);
    talk.closeSend();
    assert.equal(await talk.receive(), undefined);
  },
);

/** In unary calls that are plain HTTP the outcome decides the HTTP status, so that the head goes with it. */
let headLast = false;

const GATES: ReturnType<typeof gate<void>>[] = [];

guarantee(
  "headers resolve empty when a call ends well without them, and reject with its error when it ends badly",
  {
    impl: {
      async *server(request) {
        if (request.id === 1) throw new RpcError("not_found", "none");
        yield* [];
      },
    },
    service: { methods: { server: { earlyHeaders: false } } },
  },
  async ({ client, protocol }) => {
    const bad = client.server({ id: 1 });
    // in Connect the status of a stream stands in the body, which no head can do without
    if (protocol === "connect") assert.deepEqual(namesIn(await bad.headers), []);
    else await assert.rejects(bad.headers, code("not_found"));
    await assert.rejects(bad.receive(), code("not_found"));
    const good = client.server({ id: 0 });
    assert.deepEqual(namesIn(await good.headers), []);
    assert.equal((await good.outcome).code, "ok");
    assert.deepEqual(namesIn(await good.headers), []);
  },
);

guarantee(
  "an error arrives whole: code, message of any characters, details, trailers; alone or after messages",
  {
    impl: {
      unary(_request, context) {
        context.responseTrailers.set("hint", "trailer");
        const details = [{ type: "bench.v1.Payload", value: Uint8Array.of(8, 42) }];
        throw new RpcError("failed_precondition", "50 % \n„ja“ 🙂", { details, metadata: { more: "meta" } });
      },
      async *server() {
        yield { id: 1 };
        throw new RpcError(77, "no name for this");
      },
      async client() {
        throw new RpcError("aborted", "");
      },
    },
  },
  async ({ client, protocol }) => {
    const error = (await client.unary({}).catch((caught: unknown) => caught)) as RpcError;
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, "failed_precondition");
    assert.equal(error.message, "50 % \n„ja“ 🙂");
    assert.equal(error.initiator, "peer");
    assert.equal(error.metadata.get("hint"), "trailer");
    assert.equal(error.metadata.get("more"), "meta");
    assert.equal(error.findDetails(PayloadSchema)[0]?.id, 42);
    const stream = client.server({});
    assert.equal((await stream.receive())?.id, 1);
    // Connect has names for codes, and none for this one
    const nameless = protocol === "connect" ? "unknown" : 77;
    await assert.rejects(stream.receive(), code(nameless, /no name/));
    await assert.rejects(stream.receive(), code(nameless, /no name/));
    const outcome = await stream.outcome;
    assert.equal(outcome.code, nameless);
    assert.equal(outcome.initiator, "peer");
    await assert.rejects(client.client([]), code("aborted"));
  },
);

guarantee(
  "an error of a call of its own that a handler rethrows keeps code, message and details, and not the metadata that came with it",
  {
    serverInterceptors: [
      (call, next) => {
        if (call.method.path.endsWith("/Client"))
          throw new RpcError("aborted", "upstream", { metadata: { session: "1" }, initiator: "peer" });
        return next();
      },
    ],
    impl: {
      unary(_request, context) {
        context.responseTrailers.set("hint", "mine");
        const details = [{ type: "bench.v1.Payload", value: Uint8Array.of(8, 42) }];
        throw new RpcError("aborted", "upstream", { details, metadata: { session: "of another server" }, initiator: "peer" });
      },
      client: async () => ({}),
    },
  },
  async ({ client }) => {
    const error = (await client.unary({}).catch((caught: unknown) => caught)) as RpcError;
    assert.deepEqual([error.code, error.message, error.findDetails(PayloadSchema)[0]?.id], ["aborted", "upstream", 42]);
    assert.deepEqual([error.metadata.get("hint"), error.metadata.get("session")], ["mine", undefined]);
    const intercepted = (await client.client([{}]).catch((caught: unknown) => caught)) as RpcError;
    assert.deepEqual([intercepted.code, intercepted.metadata.get("session")], ["aborted", undefined]);
  },
);

const USER = contextKey<string>("nobody", "user");

guarantee(
  "context values go from interceptors to handlers, and never over the wire",
  {
    unaryOnly: true,
    impl: { unary: (_request, context) => ({ name: context.values.get(USER) }) },
    serverInterceptors: [
      (call, next) => {
        if (call.requestHeaders.has("user")) call.values.set(USER, call.requestHeaders.get("user") as string);
        return next();
      },
    ],
    client: {
      interceptors: [
        (call, next) => {
          const user = call.values.get(USER);
          if (user !== "nobody") call.requestHeaders.set("user", user);
          return next();
        },
      ],
    },
  },
  async ({ client }) => {
    assert.equal((await client.unary({})).name, "nobody");
    assert.equal((await client.unary({}, { values: new ContextValues().set(USER, "ada") })).name, "ada");
  },
);
