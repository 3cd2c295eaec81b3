import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "sluice";
import { type InMemoryOptions, type InMemoryTransport, inMemory, type Script, type ScriptedCall } from "sluice/testing";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";
import { echo } from "../contract/echo.js";

const TRANSPORTS: readonly InMemoryTransport[] = ["memory", "http2"];
const UNARY = "/bench.v1.Bench/Unary";
const BIDI = "/bench.v1.Bench/Bidi";

function both(name: string, body: (world: (options: InMemoryOptions) => ReturnType<typeof inMemory>) => Promise<void>): void {
  for (const transport of TRANSPORTS) test(`${name} (${transport})`, () => body((options) => inMemory({ transport, ...options })));
}

both("a scripted server answers as the test says, typed or byte by byte", async (worldOf) => {
  const seen: unknown[] = [];
  const world = worldOf({
    script: async (call) => {
      seen.push(call.path, (await call.headers)?.["x-asked"], (await call.receive(PayloadSchema))?.id, await call.receive());
      call.sendHeaders({ "x-answered": "yes" });
      call.sendMessage(PayloadSchema, { id: 2 });
      call.sendTrailers({ "grpc-status": "0", "x-last": "one" });
      seen.push((await call.ended).kind);
    },
  });
  let answered: string | undefined;
  const client = world.client(Bench);
  const onHeaders = (headers: { get(name: string): string | undefined }) => {
    answered = headers.get("x-answered");
  };
  const reply = await world.settle(client.unary({ id: 1 }, { headers: { "x-asked": "so" }, onHeaders }));
  assert.deepEqual([reply.id, answered], [2, "yes"]);
  await world.idle();
  assert.deepEqual(seen, [UNARY, "so", 1, undefined, "complete"]);
  await world.close();
});

/** What a misbehaving server does, and what its client is told. */
const MISBEHAVIOUR: Readonly<Record<string, [Script, string]>> = {
  "is silent": [() => {}, "deadline_exceeded"],
  "sends headers for ever": [(call) => call.sendHeaders(), "deadline_exceeded"],
  "resets with a name": [(call) => call.reset("ENHANCE_YOUR_CALM"), "resource_exhausted"],
  "resets with a number": [(call) => call.reset(0x2), "internal"],
  "is no gRPC": [(call) => call.sendHeaders({ ":status": "502", "content-type": "text/html" }, { end: true }), "unavailable"],
  "ends without trailers": [
    (call) => {
      call.sendHeaders();
      call.halfClose();
    },
    "internal",
  ],
  "ends within a message": [
    (call) => {
      call.sendHeaders();
      call.sendBytes(Uint8Array.of(0, 0, 0, 0, 9, 1));
      call.sendTrailers();
    },
    "internal",
  ],
  "sends no message": [
    (call) => {
      call.sendHeaders();
      call.sendTrailers();
    },
    "unimplemented",
  ],
  "sends a status that has no name": [(call) => call.sendHeaders({ "grpc-status": "77" }, { end: true }), "77"],
};

for (const [name, [script, code]] of Object.entries(MISBEHAVIOUR)) {
  both(`a server that ${name}: ${code}`, async (worldOf) => {
    const world = worldOf({ script });
    const error: unknown = await world.settle(world.client(Bench).unary({}, { timeoutMs: 1_000 })).catch((reason: unknown) => reason);
    assert.equal(String((error as { code?: unknown }).code), code, `${error}`);
    await world.close();
  });
}

both("a scripted server that does not receive has stopped reading: the client's sends wait, and end with its deadline", async (worldOf) => {
  const world = worldOf({ script: (call) => call.sendHeaders(), network: undefined });
  const call = world.client(Bench).bidi({ timeoutMs: 5_000 });
  const body = new Uint8Array(60_000);
  let accepted = 0;
  const sending = (async () => {
    for (;;) {
      await call.send({ body });
      accepted++;
    }
  })();
  await assert.rejects(world.settle(sending), { code: "deadline_exceeded" });
  assert.ok(accepted >= 1 && accepted < 10, `${accepted} were accepted`);
  await world.close();
});

both("a scripted client sends what it likes to real handlers, and sees the wire's answer", async (worldOf) => {
  const world = worldOf({ routes: (router) => router.service(Bench, echo) });
  const peer = world.scriptedClient();
  const open = (path: string): Promise<ScriptedCall> => world.settle(peer.open(path));

  const good = await open(BIDI);
  good.sendHeaders({ "grpc-timeout": "5S" });
  good.sendMessage(PayloadSchema, { id: 8 });
  assert.equal((await world.settle(good.receive(PayloadSchema)))?.id, 8);
  good.halfClose();
  assert.equal((await world.settle(good.trailers))?.["grpc-status"], "0");
  assert.deepEqual(await world.settle(good.ended), { kind: "complete", initiator: "peer", code: "NO_ERROR" });

  const twoInOne = await open(BIDI);
  twoInOne.sendHeaders();
  twoInOne.sendBytes(Uint8Array.of(0, 0, 0, 0, 2, 8, 1, 0, 0, 0, 0));
  twoInOne.sendBytes(Uint8Array.of(2, 8, 2));
  assert.deepEqual(
    [(await world.settle(twoInOne.receive(PayloadSchema)))?.id, (await world.settle(twoInOne.receive(PayloadSchema)))?.id],
    [1, 2],
  );
  twoInOne.reset();
  assert.equal((await world.settle(twoInOne.ended)).code, "CANCEL");
  assert.equal(await world.settle(twoInOne.receive()), undefined);

  const unknown = await open("/no.Service/Method");
  unknown.sendHeaders({}, { end: true });
  assert.equal((await world.settle(unknown.headers))?.["grpc-status"], "12");
  const noGrpc = await open(UNARY);
  noGrpc.sendHeaders({ "content-type": "text/plain", te: undefined });
  assert.equal((await world.settle(noGrpc.headers))?.[":status"], "415");
  assert.deepEqual(
    world.leaks().filter((line) => line.startsWith("runningHandlers")),
    [],
  );
  peer.destroy();
  await world.settle(peer.closed);
  await assert.rejects(world.settle(peer.open(UNARY)), { code: "unavailable" });
  await world.close();
});

both("GOAWAY: open calls go on, new ones go over another connection", async (worldOf) => {
  const world = worldOf({ routes: (router) => router.service(Bench, echo) });
  const client = world.client(Bench);
  const call = client.bidi();
  await world.idle();
  world.goAway();
  await world.idle();
  void call.send({ id: 4 });
  assert.equal((await world.settle(call.receive()))?.id, 4);
  assert.equal((await world.settle(client.unary({ id: 5 }))).id, 5);
  assert.equal(world.dials, 2);
  call.closeSend();
  assert.equal((await world.settle(call.outcome)).code, "ok");
  await world.close();
});

both("a script that throws is told at the end of the world, and its call is reset", async (worldOf) => {
  const world = worldOf({
    script: async (call) => {
      await call.receive();
      assert.fail("not what I expected");
    },
  });
  await assert.rejects(world.settle(world.client(Bench).unary({})), { code: "internal" });
  await assert.rejects(world.close(), /script of \/bench\.v1\.Bench\/Unary threw: AssertionError.*not what I expected/);
});

test("a world has routes or a script; a code of a reset is a name or a number", async () => {
  assert.throws(() => inMemory({}), /"routes"/);
  assert.throws(() => inMemory({ routes: () => {}, script: () => {} }), /"script"/);
  assert.throws(() => inMemory({ script: "silent" as never }), UsageError);
  const world = inMemory({ routes: (router) => router.service(Bench, echo) });
  const call = await world.settle(world.scriptedClient().open(UNARY));
  assert.throws(() => call.reset("BYE" as never), /"code" is "BYE"/);
  assert.throws(() => call.reset(-1), UsageError);
  await world.close();
});
