import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../base/error-code.js";
import { Field, type Fields } from "../base/field.js";
import { type Client, createClient } from "../client/client.js";
import { clientProtocolNamed, type ProtocolName } from "../client/protocol-name.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../exchange/exchange.js";
import type { Compression } from "../rpc/compression.js";
import type { HandlerContext } from "../server/handler-context.js";
import { Health } from "../services/gen/grpc/health/v1/health_pb.js";
import { ServerReflection } from "../services/gen/grpc/reflection/v1/reflection_pb.js";
import { type InMemory, inMemory } from "../testing/in-memory.js";

/* What a call does with a transport that a test plays: each event when it likes, also those that no transport of ours would tell of. */

const PEER = { address: "strange", encrypted: false };
const HEADS: Partial<Record<ProtocolName, Fields>> = Object.fromEntries(
  ["grpc", "grpc-web"].map((name) => [name, [new Field(":status", "200"), new Field("content-type", `application/${name}`)]]),
);
const GOOD_HEAD = HEADS.grpc as Fields;
const GOOD_TRAILERS: Fields = [new Field("grpc-status", "0")];

/** The client's end of an exchange whose other end is the test. */
class PlayedExchange implements Exchange {
  readonly peer = PEER;
  readonly fullDuplex = true;
  sendWindow = 1_000;
  /** What `sendData` says. */
  writable = true;
  sent = 0;
  given = 0;
  readonly resets: number[] = [];
  readonly events: ExchangeEvents;
  private ended = false;

  constructor(events: ExchangeEvents) {
    this.events = events;
  }

  sendHead(): void {}
  sendTrailers(): void {}
  respond(): void {}
  settled(): void {}

  sendData(): boolean {
    this.sent++;
    return this.writable;
  }

  discardQueued(): boolean {
    return true;
  }

  consume(bytes: number): void {
    this.given += bytes;
  }

  reset(code: number): void {
    this.resets.push(code);
    this.end({ kind: "reset", initiator: "application", code, unprocessed: false, message: "reset here" });
  }

  end(end: ExchangeEnd): void {
    if (this.ended) return;
    this.ended = true;
    this.events.onEnd(end);
  }

  /** A piece of the body. */
  data(bytes: Uint8Array, fin = false): void {
    this.events.onData(bytes, 0, bytes.length, fin);
  }
}

interface Stage {
  readonly world: InMemory;
  readonly client: Client<typeof ServerReflection>;
  /** Of the last call. */
  readonly exchange: () => PlayedExchange;
}

function stage(protocol: ProtocolName = "grpc", compressions: readonly Compression[] = [], writable = true): Stage {
  let last: PlayedExchange | undefined;
  const world = inMemory({
    routes: () => {},
    transport: ({ runtime, clientEvents, serverEvents }) => {
      runtime.soon(() => clientEvents.onReady());
      const close = () => {
        const end = { initiator: "application", code: 0, message: "closed" } as const;
        clientEvents.onClosed(end);
        serverEvents.onClosed(end);
      };
      const client = {
        peer: PEER,
        capacity: 10,
        openExchanges: 0,
        open: (events: ExchangeEvents) => {
          last = new PlayedExchange(events);
          last.writable = writable;
          return last;
        },
        drain: close,
        destroy: close,
      };
      return { client, server: { peer: PEER, openExchanges: 0, drain() {}, destroy() {} }, cut: close };
    },
    compressions,
    channel: { protocol: clientProtocolNamed(protocol, { codec: "proto" }) },
  });
  return { world, client: createClient(ServerReflection, world.channel), exchange: () => last as PlayedExchange };
}

function envelope(bytes: readonly number[], flags = 0): Uint8Array {
  return Uint8Array.of(flags, 0, 0, bytes.length >> 8, bytes.length, ...bytes);
}

/** `ServerReflectionResponse { valid_host: text }`. */
function message(text: string): Uint8Array {
  return envelope([10, text.length, ...Buffer.from(text)]);
}

/** `ServerReflectionResponse { file_descriptor_response { file_descriptor_proto: bytes } }`. */
function messageOfBytes(bytes: readonly number[]): Uint8Array {
  return envelope([34, bytes.length + 2, 10, bytes.length, ...bytes]);
}

test("a message, the last word or trailers before the headers break the protocol", async () => {
  for (const [protocol, event, because] of [
    ["grpc", (exchange: PlayedExchange) => exchange.data(message("a")), /a message came before the headers/],
    ["grpc-web", (exchange: PlayedExchange) => exchange.data(envelope([], 0x80)), /the end of the stream came before the headers/],
  ] as const) {
    const { world, client, exchange } = stage(protocol);
    const talk = client.serverReflectionInfo();
    await world.idle();
    event(exchange());
    const outcome = await talk.outcome;
    assert.equal(outcome.code, "internal");
    assert.match(outcome.message, because);
    assert.deepEqual(exchange().resets, [ErrorCode.CANCEL]);
    await world.close();
  }
});

test("what follows a message that came before the headers is not read", async () => {
  const { world, client, exchange } = stage();
  const talk = client.serverReflectionInfo();
  await world.idle();
  exchange().data(Uint8Array.of(...message("a"), ...envelope([], 9)));
  assert.match((await talk.outcome).message, /before the headers/);
  await world.close();
});

test("headers that come twice break the protocol, and are told once", async () => {
  const { world, client, exchange } = stage();
  let told = 0;
  const talk = client.serverReflectionInfo({ onHeaders: () => void told++ });
  await world.idle();
  exchange().events.onHead(GOOD_HEAD, false);
  exchange().events.onHead([...GOOD_HEAD, new Field("x-second", "1")], false);
  assert.match((await talk.outcome).message, /it sent headers twice/);
  assert.equal((await talk.headers).has("x-second"), false);
  assert.equal(told, 1);
  assert.equal(String((await talk.outcome).timeline).split("response headers").length, 2);
  await world.close();
});

test("events that come after the end of the call change nothing and are told to nobody", async () => {
  for (const protocol of ["grpc", "grpc-web"] as const) {
    for (const reached of ["request sent", "response headers"]) {
      const { world, client, exchange } = stage(protocol);
      const told: string[] = [];
      const options = { onHeaders: () => told.push("headers"), onTrailers: () => told.push("trailers") };
      const talk = client.serverReflectionInfo(options);
      await world.idle();
      const played = exchange();
      const head = HEADS[protocol] as Fields;
      if (reached === "response headers") played.events.onHead(head, false);
      const before = [...told];
      // a transport that goes on telling after it was reset
      played.reset = () => {};
      talk.cancel("enough");
      const { events } = played;
      const timeline = String((await talk.outcome).timeline);
      events.onHead(head, false);
      played.data(message("late"));
      played.data(envelope([], 0x80));
      events.onTrailers(GOOD_TRAILERS);
      events.onWritable();
      events.onHead([...head, ...GOOD_TRAILERS], true);
      played.end({ kind: "complete", initiator: "peer", code: 0, unprocessed: false, message: "both halves have ended" });
      assert.deepEqual(told, before, `${protocol}, ${reached}`);
      assert.match((await talk.outcome).message, /enough/);
      assert.equal(String((await talk.outcome).timeline), timeline);
      await assert.rejects(talk.receive(), { code: "cancelled" });
      assert.deepEqual([world.channel.statistics().openCalls, played.given], [0, message("late").length + 5]);
      await world.close();
    }
  }
});

test("a small message does not keep the large piece alive that it came in, whether somebody waited for it or not", async () => {
  const { world, client, exchange } = stage();
  const talk = client.serverReflectionInfo();
  await world.idle();
  exchange().events.onHead(GOOD_HEAD, false);
  const waiting = talk.receive();
  const large = new Uint8Array(100_000);
  large.set(messageOfBytes([1, 2, 3]));
  large.set(messageOfBytes([4, 5, 6]), 12);
  exchange().events.onData(large, 0, 24, false);
  for (const [given, expected] of [
    [await waiting, [1, 2, 3]],
    [await talk.receive(), [4, 5, 6]],
  ] as const) {
    const response = given?.messageResponse;
    assert.equal(response?.case, "fileDescriptorResponse");
    const [bytes] = response.value.fileDescriptorProto;
    assert.deepEqual([...(bytes ?? [])], expected);
    assert.ok((bytes?.buffer.byteLength ?? 0) <= 8_192);
  }
  talk.cancel();
  await world.close();
});

test("every byte of a body is given back once, however it is cut, messages and last word", async () => {
  const whole = Uint8Array.of(...message("first"), ...message("second"), ...envelope([...Buffer.from("grpc-status: 0\r\n")], 0x80));
  for (const size of [1, 3, 7, 20, whole.length]) {
    for (const reads of [true, false]) {
      const { world, client, exchange } = stage("grpc-web");
      const talk = client.serverReflectionInfo();
      await world.idle();
      exchange().events.onHead(HEADS["grpc-web"] as Fields, false);
      const texts: string[] = [];
      const reading = async (): Promise<void> => {
        for await (const { validHost } of talk) texts.push(validHost);
      };
      const read = reads ? reading() : undefined;
      for (let at = 0; at < whole.length; at += size) {
        exchange().data(whole.subarray(at, at + size));
        await world.idle();
      }
      await (read === undefined ? undefined : Promise.race([read, world.idle()]));
      if (!reads) for (let i = 0; i < 2; i++) texts.push((await talk.receive())?.validHost ?? "");
      assert.equal(exchange().given, whole.length, `in pieces of ${size}`);
      exchange().data(new Uint8Array(0), true);
      assert.equal((await talk.outcome).code, "ok");
      await read;
      assert.deepEqual(texts, ["first", "second"]);
      await world.close();
    }
  }
});

test("a call waits for credit when its sends wait for room, or when its window is used up, and for neither otherwise", async () => {
  const { world, client, exchange } = stage();
  const talk = client.serverReflectionInfo();
  await world.idle();
  const waitingFor = () => world.channel.calls()[0]?.waitingFor;
  assert.equal(waitingFor(), "application");
  exchange().sendWindow = 0;
  assert.equal(waitingFor(), "credit");
  exchange().sendWindow = -1;
  assert.equal(waitingFor(), "credit");
  exchange().sendWindow = 1;
  assert.equal(waitingFor(), "application");
  exchange().writable = false;
  void talk.send({});
  assert.equal(waitingFor(), "application", "nobody waits");
  void talk.send({});
  assert.equal(waitingFor(), "credit");
  talk.cancel();
  await world.close();
});

/** A server that is played a request for `Check`, which its handler answers when it is told to. */
function servedStage() {
  let answer = () => {};
  const held: { context?: HandlerContext } = {};
  const world = inMemory({
    routes: (router) =>
      router.service(Health, {
        check: (_request, context) => {
          held.context = context;
          return new Promise((resolve) => {
            answer = () => resolve({ status: 1 });
          });
        },
      }),
  });
  let events: ExchangeEvents | undefined;
  const exchange = new PlayedExchange({ onEnd: (end: ExchangeEnd) => events?.onEnd(end) } as ExchangeEvents);
  const head = { ":method": "POST", ":path": "/grpc.health.v1.Health/Check", "content-type": "application/grpc", te: "trailers" };
  const fields = Object.entries(head).map(([name, value]) => new Field(name, value));
  events = world.server.onExchange(exchange, fields, false);
  return { world, exchange, events, held, answer: () => answer() };
}

test("a send that waited for a connection waits on where the exchange takes no more than what was accepted before", async () => {
  const { world, client, exchange } = stage("grpc", [], false);
  const talk = client.serverReflectionInfo();
  assert.equal(talk.send({ host: "x".repeat(100_000) }), undefined);
  const waiting = talk.send({ host: "y" });
  assert.notEqual(waiting, undefined);
  await world.idle();
  assert.equal(exchange().sent, 1);
  exchange().writable = true;
  exchange().events.onWritable();
  await waiting;
  assert.equal(exchange().sent, 2);
  talk.cancel();
  await world.close();
});

test("a server's call that its transport ends in disorder has not ended well, though its response was given", async () => {
  const ends: readonly [Omit<ExchangeEnd, "unprocessed" | "message">, string][] = [
    [{ kind: "complete", initiator: "peer", code: ErrorCode.NO_ERROR }, "ok"],
    [{ kind: "reset", initiator: "application", code: ErrorCode.NO_ERROR }, "ok"],
    [{ kind: "reset", initiator: "peer", code: ErrorCode.NO_ERROR }, "cancelled"],
    [{ kind: "reset", initiator: "engine", code: ErrorCode.FLOW_CONTROL_ERROR }, "cancelled"],
    [{ kind: "lost", initiator: "network", code: ErrorCode.NO_ERROR }, "cancelled"],
    [{ kind: "lost", initiator: "network", code: ErrorCode.CANCEL }, "cancelled"],
  ];
  for (const [end, expected] of ends) {
    const { world, exchange, events, held, answer } = servedStage();
    const request = envelope([]);
    events.onData(request, 0, request.length, true);
    events.onDraining();
    events.onDraining();
    assert.equal(exchange.given, request.length);
    answer();
    await world.idle();
    exchange.end({ ...end, unprocessed: false, message: "played" });
    const outcome = await held.context?.done;
    assert.equal(outcome?.code, expected, JSON.stringify(end));
    assert.equal(String(outcome?.timeline).split("connection draining").length, 2);
    await world.close();
  }
});

test("every byte of a request and of a response that are one message is given back", async () => {
  const { world, exchange, events, answer } = servedStage();
  const request = envelope([10, 1, 97]);
  for (let at = 0; at < request.length; at++) events.onData(request, at, at + 1, at === request.length - 1);
  assert.equal(exchange.given, request.length);
  answer();
  await world.idle();
  exchange.end({ kind: "complete", initiator: "peer", code: 0, unprocessed: false, message: "played" });
  await world.close();
  const { world: other, exchange: last } = stage();
  const reply = createClient(Health, other.channel).check({});
  await other.idle();
  last().events.onHead(GOOD_HEAD, false);
  last().data(envelope([8, 1]));
  assert.equal(last().given, 7);
  last().events.onTrailers(GOOD_TRAILERS);
  assert.equal((await reply).status, 1);
  last().end({ kind: "complete", initiator: "peer", code: 0, unprocessed: false, message: "played" });
  await other.close();
});

test("who takes the last message that waits lets the rest of the next one come, without asking for it", async () => {
  const { world, client, exchange } = stage();
  const talk = client.serverReflectionInfo();
  await world.idle();
  exchange().events.onHead(GOOD_HEAD, false);
  const first = message("first");
  const half = message("a longer text").subarray(0, 9);
  exchange().data(Uint8Array.of(...first, ...half));
  assert.equal(exchange().given, 0);
  assert.equal((await talk.receive())?.validHost, "first");
  assert.equal(exchange().given, first.length + half.length);
  talk.cancel();
  await world.close();
});
