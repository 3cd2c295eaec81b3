import assert from "node:assert/strict";
import type { RpcError } from "sluice";
import type { ServiceImplementation } from "sluice/server";
import type { Bench } from "../../gen/bench_pb.js";
import { NEVER_BEGUN } from "./carriers.js";
import { echo } from "./echo.js";
import { bytes, code, type Gate, gate, guarantee, idsOf } from "./world.js";

const heard: string[] = [];

let hold: Gate = gate();

function fresh(): void {
  heard.length = 0;
  hold = gate();
}

/** An iterator that tells what is done with it. */
function told(values: readonly (number | Error | "hold" | "park")[]): AsyncIterable<{ id: number }> {
  let at = 0;
  const next = async (): Promise<IteratorResult<{ id: number }>> => {
    const value = values[at++];
    if (value instanceof Error) throw value;
    if (value === "park") return new Promise<never>(() => {});
    if (value === "hold") return hold.promise.then(next);
    return value === undefined ? { value: undefined, done: true } : { value: { id: value }, done: false };
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        heard.push("return");
        return { value: undefined, done: true };
      },
    }),
  };
}

const hearing: ServiceImplementation<typeof Bench> = {
  async client(requests) {
    try {
      for await (const { id } of requests) heard.push(`got ${id}`);
      heard.push("whole");
    } catch (error) {
      heard.push(`rejected ${(error as RpcError).code}`);
      throw error;
    }
    return {};
  },
  async *bidi(requests) {
    for await (const { id } of requests) yield { id };
    heard.push("whole");
  },
};

const mine = new Error("mine");
const isMine = (error: RpcError) => code("cancelled", /mine/)(error) && error.cause === mine;

guarantee("C4: a request iterable that throws cancels, never half-closes", { impl: hearing }, async ({ client, settle }) => {
  fresh();
  const reply = client.client(told([1, "hold", mine]));
  await settle();
  hold.open();
  await assert.rejects(reply, isMine);
  await settle();
  assert.deepEqual(heard, ["got 1", "rejected cancelled"], "and nobody asks a broken iterator to return");
  fresh();
  await assert.rejects(idsOf(client.bidi(told([mine]))), code("cancelled", /mine/));
  const broken = {
    [Symbol.asyncIterator](): never {
      throw mine;
    },
  };
  await assert.rejects(client.client(broken), code("cancelled", /mine/));
  await assert.rejects(idsOf(client.bidi(broken)), code("cancelled", /mine/));
  function* failing() {
    yield { id: 1 };
    throw mine;
  }
  await assert.rejects(idsOf(client.bidi(failing())), code("cancelled", /mine/));
  await settle();
  assert.ok(!heard.includes("whole"));
});

guarantee(
  "C4: what a request iterable gave before it threw is sent, be it in the same turn",
  { impl: hearing, skip: NEVER_BEGUN },
  async ({ client, settle }) => {
    fresh();
    await assert.rejects(client.client(told([1, mine])), isMine);
    await settle();
    assert.deepEqual(heard, ["got 1", "rejected cancelled"]);
  },
);

guarantee(
  "a request iterator is returned once when the call ends before it, never after its own end",
  {
    impl: {
      ...echo,
      async bidi() {
        await hold.promise;
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    await client.client(told([1, 2]));
    await settle();
    assert.deepEqual(heard, []);
    const talk = client.bidi(told([1, "park"]));
    await settle();
    hold.open();
    assert.deepEqual(await idsOf(talk), []);
    await settle();
    assert.deepEqual(heard, ["return"]);
    heard.length = 0;
    const left = client.bidi(told([1, "park"]));
    left.cancel();
    await settle();
    assert.deepEqual(heard, ["return"]);
  },
);

guarantee(
  "a request iterable goes at the pace of the call",
  {
    impl: {
      async client(requests) {
        await hold.promise;
        let id = 0;
        for await (const _ of requests) id++;
        return { id };
      },
    },
  },
  async ({ client, settle }) => {
    fresh();
    let pulled = 0;
    function* many() {
      for (; pulled < 100; pulled++) yield { body: bytes(20_000) };
    }
    const reply = client.client(many());
    await settle();
    await settle();
    assert.ok(pulled < 20, `${pulled}`);
    hold.open();
    assert.equal((await reply).id, 100);
  },
);
