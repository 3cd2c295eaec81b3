// What calls bring: messages, headers, trailers, errors with details.
import { equal } from "../../checks.mjs";

/** `streams`: how many go at once. */
export async function checkCalls({ ask, check }, streams) {
  await check("a unary call with headers and trailers", async () =>
    equal(await ask("unary"), { id: 7, name: "é", head: "1", trailers: "2", left: 0 }),
  );
  await check("an error with details", async () =>
    equal(await ask("fails", { id: -5 }), { code: "not_found", message: "no such thing: é", initiator: "peer", details: ["why"] }),
  );
  await check("an error with details after messages", async () => {
    const { ids, error } = await ask("failsStreaming");
    equal(ids, [0, 1, 2]);
    equal(error, { code: "data_loss", message: "half of it is gone", initiator: "peer", details: ["the other half"] });
  });
  await check("1,000 messages", async () => equal(await ask("streams", 1, 1_000), { lengths: [1_000], left: 0 }));
  await check(`1,000 messages on each of ${streams} streams at once`, async () =>
    equal(await ask("streams", streams, 1_000), { lengths: Array(streams).fill(1_000), left: 0 }),
  );
}

export async function checkManyMessages({ ask, check }) {
  await check("20,000 messages", async () => equal(await ask("streams", 1, 20_000), { lengths: [20_000], left: 0 }));
}
