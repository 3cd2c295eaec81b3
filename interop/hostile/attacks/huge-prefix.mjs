// A message that promises 4 GiB: refused at its prefix, before a byte of it is kept.
import { grpcStatus } from "../../raw/connection.mjs";
import { Code } from "../../raw/frames.mjs";
import { envelope } from "../../raw/grpc.mjs";
import { fate, refusedOrSurvived } from "../verdicts.mjs";

export const name = "message prefix of 4 GiB";

export async function attack(target) {
  const connection = await target.open();
  const statuses = new Map();
  for (let i = 0; i < 100; i++) {
    const id = 2 * i + 1;
    connection.write(target.head("duplex", id));
    await connection.body(id, envelope(Buffer.alloc(60_000), { length: 0xffffffff }), { end: false });
    const stream = await connection.over(id, 3000);
    const end = `grpc-status ${grpcStatus(stream)}`;
    statuses.set(end, (statuses.get(end) ?? 0) + 1);
    if (connection.ended) break;
  }
  refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM]);
  // 8: RESOURCE_EXHAUSTED.
  if (statuses.size !== 1 || !statuses.has("grpc-status 8"))
    throw new Error(`ended with ${JSON.stringify([...statuses])}, expected grpc-status 8`);
  return `100 calls ended with grpc-status 8: ${fate(connection)}`;
}
