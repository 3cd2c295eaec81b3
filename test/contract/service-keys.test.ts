import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient, UsageError } from "sluice";
import type { Router, ServiceImplementation } from "sluice/server";
import { inMemory } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import { code, guarantee, idsOf } from "./world.js";

/* One service in several groups and versions. What is asked for is said the same in every protocol. */

/** Answers with its name, and with what the context says that it was added with. */
function named(name: string): ServiceImplementation<typeof Bench> {
  return {
    unary: (_request, { group, version }) => ({ name: `${name} ${group}/${version}` }),
    async *server(_request, { group, version }) {
      yield { id: `${name} ${group}/${version}`.length };
    },
  };
}

const BLUE = { group: "blue", version: "1.0.0" };
const BLUE_2 = { group: "blue", version: "2.0.0" };

const all = (router: Router) =>
  router
    .service(Bench, named("plain"))
    .service(Bench, named("one"), BLUE)
    .service(Bench, named("two"), BLUE_2)
    .service(Bench, { server: named("x").server as never }, { version: "3.0.0" });

guarantee("a client of a group and version gets that implementation, another one another", { routes: all }, async ({ channel }) => {
  const ask = async (key: object) => (await createClient(Bench, channel, key).unary({})).name;
  assert.equal(await ask({}), "plain /");
  assert.equal(await ask(BLUE), "one blue/1.0.0");
  assert.equal(await ask(BLUE_2), "two blue/2.0.0");
  assert.deepEqual(await idsOf(createClient(Bench, channel, BLUE_2).server({})), ["two blue/2.0.0".length]);
});

guarantee(
  "group and version are matched exactly: a miss is unimplemented, and says what there is",
  { routes: all },
  async ({ channel }) => {
    for (const [key, asked] of [
      [{ group: "blue" }, 'group "blue", no version'],
      [{ version: "1.0.0" }, 'no group, version "1.0.0"'],
      [{ group: "Blue", version: "1.0.0" }, 'group "Blue", version "1.0.0"'],
      [{ group: "blue", version: "1.0.0x" }, 'group "blue", version "1.0.0x"'],
      [{ group: "*", version: "*" }, 'group "*", version "*"'],
    ] as const) {
      const client = createClient(Bench, channel, key);
      const there =
        'it is with no group and no version; group "blue", version "1.0.0"; group "blue", version "2.0.0"; no group, version "3.0.0"';
      const says = (error: unknown) => {
        code("unimplemented")(error);
        assert.equal((error as Error).message, `service bench.v1.Bench is not here with ${asked}; ${there}`);
        return true;
      };
      await assert.rejects(client.unary({}), says);
      await assert.rejects(idsOf(client.server({})), says);
    }
    const known = createClient(Bench, channel, { version: "3.0.0" });
    await assert.rejects(known.unary({}), code("unimplemented", /method Unary of service bench.v1.Bench is not implemented/));
  },
);

guarantee(
  "a service that is added with a version alone is not there without it",
  { unaryOnly: true, routes: (router) => router.service(Bench, named("only"), { version: "1.0.0" }) },
  async ({ client, channel }) => {
    await assert.rejects(client.unary({}), code("unimplemented", /with no group and no version; it is with no group, version "1.0.0"$/));
    assert.equal((await createClient(Bench, channel, { version: "1.0.0" }).unary({})).name, "only /1.0.0");
  },
);

guarantee(
  "of many groups the first ten are named",
  {
    unaryOnly: true,
    routes: (router) => {
      for (let i = 0; i < 100; i++) router.service(Bench, named("many"), { group: `g${i}` });
    },
  },
  async ({ channel }) => {
    const error = (await createClient(Bench, channel, { group: "x" })
      .unary({})
      .catch((caught: unknown) => caught)) as Error;
    assert.match(error.message, /group "g9", no version; and 90 more$/);
    assert.ok(!error.message.includes('"g10"'));
    assert.equal((await createClient(Bench, channel, { group: "g99" }).unary({})).name, "many g99/");
  },
);

guarantee(
  "what is asked for is no metadata, and metadata cannot say it",
  { impl: { unary: (_request, { requestHeaders }) => ({ name: [...requestHeaders].map(([name]) => name).join() }) }, service: BLUE },
  async ({ channel }) => {
    const client = createClient(Bench, channel, BLUE);
    assert.doesNotMatch((await client.unary({}, { timeoutMs: 1_000 })).name, /tri-|triple-/);
    for (const name of ["tri-service-group", "tri-service-version", "triple-timeout-ms"]) {
      assert.throws(() => client.unary({}, { headers: { [name]: "x" } }), UsageError);
    }
  },
);

test("the same group and version twice, and what no header can say, are mistakes where they are made", async () => {
  assert.throws(
    () => inMemory({ routes: (r) => r.service(Bench, {}, BLUE).service(Bench, {}, BLUE) }),
    /registered already with group "blue"/,
  );
  assert.throws(() => inMemory({ routes: (r) => r.service(Bench, {}).service(Bench, {}) }), /bench.v1.Bench is registered already$/);
  assert.throws(() => inMemory({ routes: (r) => r.service(Bench, {}, { group: "a b" }) }), UsageError);
  await using world = inMemory({ routes: (r) => r.service(Bench, {}) });
  assert.throws(() => world.client(Bench, { version: "1\n" }), UsageError);
});
