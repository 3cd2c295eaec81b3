// What stays behind a stream that a user leaves: the ways in which connect-es was found to leave something (R1 to R13 of
// interop/lifecycle, there against real processes), where no other contract test has them.
import assert from "node:assert/strict";
import { HALF_DUPLEX } from "./carriers.js";
import { Endless } from "./endless.js";
import { aborted, code, type Gate, gate, guarantee, idsOf, listeners, stateOf, turn } from "./world.js";

const endless = new Endless();

/** Requests for ever, with what was done to them. */
function counted() {
  const state = { pulled: 0, finalised: false };
  const requests = (async function* () {
    try {
      while (true) {
        state.pulled++;
        yield { id: 1 };
        await turn();
      }
    } finally {
      state.finalised = true;
    }
  })();
  return { state, requests };
}

guarantee(
  "C3: leaving five loops under one signal leaves no handler and no listener (R1)",
  { impl: { server: endless.handler } },
  async (world) => {
    const { client, settle } = world;
    endless.finalised = 0;
    const { signal } = new AbortController();
    for (let i = 0; i < 5; i++) {
      for await (const { id } of client.server({}, { signal })) if (id === 3) break;
    }
    await settle();
    const { running, finalised } = endless;
    assert.deepEqual({ running, finalised }, { running: 0, finalised: 5 });
    assert.equal(listeners(signal), 0);
  },
);

guarantee(
  "C3: leaving the responses finalises a request generator that never ends, and asks it for no more (R3)",
  {
    impl: {
      async *bidi(requests) {
        for await (const { id } of requests) yield { id };
      },
    },
    skip: HALF_DUPLEX,
  },
  async ({ client, settle }) => {
    const { state, requests } = counted();
    let seen = 0;
    for await (const _ of client.bidi(requests)) if (++seen === 2) break;
    await settle();
    assert.ok(state.finalised);
    const { pulled } = state;
    await settle();
    assert.equal(state.pulled, pulled);
  },
);

guarantee("C9: a stream that nobody reads is no unhandled rejection when it cannot be opened (R7)", {}, async (world) => {
  const { client, settle } = world;
  world.reachable = "refused";
  const watched = client.server({});
  client.server({});
  client.bidi();
  client.client();
  client.bidi([{ id: 1 }]);
  await settle();
  assert.equal((await watched.outcome).code, "unavailable");
});

let hold: Gate = gate();

guarantee(
  "C2: an answer before the end of the requests finalises their generator, also one that waits for room (R10, R11)",
  {
    impl: {
      async client() {
        await hold.promise;
        return { id: 7 };
      },
    },
  },
  async ({ client, settle }) => {
    hold = gate();
    let pulled = 0;
    let ended = false;
    const large = { body: new Uint8Array(64 * 1024) };
    const requests = (async function* () {
      try {
        while (true) {
          pulled++;
          yield large;
        }
      } finally {
        ended = true;
      }
    })();
    const answer = client.client(requests);
    await settle();
    const before = pulled;
    assert.ok(before <= 8, `${before} messages were taken for a handler that does not read`);
    await settle();
    assert.equal(pulled, before);
    hold.open();
    assert.equal((await answer).id, 7);
    await settle();
    assert.ok(ended);
  },
);

let running = 0;

guarantee(
  "C7: the headers of a server stream come before its first message, and an abort ends a handler that waits for it (R13)",
  {
    impl: {
      // biome-ignore lint/correctness/useYield: it never gets there
      async *server(_request, { signal }) {
        running++;
        try {
          await aborted(signal);
        } finally {
          running--;
        }
      },
    },
  },
  async ({ client, settle }) => {
    const abort = new AbortController();
    let headers = 0;
    const reading = idsOf(client.server({}, { signal: abort.signal, onHeaders: () => headers++ }));
    reading.catch(() => {});
    await settle();
    assert.equal(headers, 1);
    assert.equal(running, 1);
    assert.equal(await stateOf(reading), "pending");
    abort.abort();
    await assert.rejects(reading, code("cancelled"));
    await settle();
    assert.equal(running, 0);
  },
);
