// 256 MiB of zeros in 260 kB of gzip: refused by the size that it ends with, and one that lies about it by the limit, while it inflates.
import { gzipSync } from "node:zlib";
import { grpcStatus } from "../../raw/connection.mjs";
import { Code } from "../../raw/frames.mjs";
import { envelope } from "../../raw/grpc.mjs";
import { fate, refusedOrSurvived } from "../verdicts.mjs";

/** Every so many stream ids: what a liar inflates up to the limit is garbage of 4 MiB. */
const LIAR_OF = 16;

export const name = "compressed bombs";

export async function attack(target, { quick }) {
  const honest = gzipSync(Buffer.alloc(256 << 20));
  const lying = Buffer.from(honest);
  lying.writeUInt32LE(1000, lying.length - 4);
  const connection = await target.open();
  const count = quick ? 8 : 32;
  const ids = Array.from({ length: count }, (_, i) => 2 * i + 1);
  for (const id of ids) {
    connection.write(target.head("unary", id, { "grpc-encoding": "gzip" }));
    await connection.body(id, envelope(id % LIAR_OF === 1 ? lying : honest, { compressed: true }));
    await connection.over(id, 5000);
  }
  refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM]);
  const statuses = new Set(ids.map((id) => grpcStatus(connection.stream(id))));
  if (statuses.size !== 1 || !statuses.has("8")) throw new Error(`ended with grpc-status ${[...statuses].join(", ")}, expected 8`);
  return `${count} bombs of 256 MiB ended with grpc-status 8: ${fate(connection)}`;
}
