// Calls whose deadline is over when they arrive: 1 ns.
import { grpcStatus } from "../../raw/connection.mjs";
import { fate } from "../verdicts.mjs";

export const name = "flood of 1 ns deadlines";

export async function attack(target) {
  const connection = await target.open();
  let ended = 0;
  let served = 0;
  for (let round = 0; round < 200 && !connection.ended; round++) {
    const ids = Array.from({ length: 100 }, (_, i) => 2 * (round * 100 + i) + 1);
    await connection.pour(Buffer.concat(ids.map((id) => target.request("mute", id, { extra: { "grpc-timeout": "1n" } }))));
    await connection.over(ids.at(-1), 5000);
    for (const id of ids) {
      const stream = connection.stream(id);
      if (stream.ended || stream.reset !== undefined) ended++;
      if (grpcStatus(stream) === "0") served++;
      connection.streams.delete(id);
    }
  }
  if (served > 0) throw new Error(`${served} calls were served after their deadline`);
  if (!connection.ended && ended < 20_000) throw new Error(`${20_000 - ended} of 20,000 calls were left without an end`);
  return `${ended} calls ended: ${fate(connection)}`;
}
