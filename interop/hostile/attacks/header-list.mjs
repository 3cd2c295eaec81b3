// Heads that are larger than anybody needs: in bytes, in fields, in empty fields.

import { Code, Flag, frame, Type } from "../../raw/frames.mjs";
import { callHead } from "../../raw/grpc.mjs";
import { headerBlock } from "../../raw/header-block.mjs";
import { notServed, refusedOrSurvived } from "../verdicts.mjs";

export const name = "oversize header list";

const lists = {
  "1 MB in 64 fields": Array.from({ length: 64 }, (_, i) => [`x-${i}`, "v".repeat(16_000)]),
  "60 kB in one field": [["x-a", "v".repeat(60_000)]],
  "4,000 small fields": Array.from({ length: 4000 }, (_, i) => [`x-${i}`, "v"]),
  "20,000 empty values": Array.from({ length: 20_000 }, () => ["x", ""]),
};

export async function attack(target) {
  const lines = [];
  for (const [what, fields] of Object.entries(lists)) {
    const connection = await target.open();
    const block = headerBlock([...callHead(target.service.unary.path), ...fields]);
    const frames = [];
    for (let at = 0; at < block.length; at += 16_384) {
      const type = at === 0 ? Type.HEADERS : Type.CONTINUATION;
      const flags = (at === 0 ? Flag.END_STREAM : 0) | (at + 16_384 >= block.length ? Flag.END_HEADERS : 0);
      frames.push(frame(type, flags, 1, block.subarray(at, at + 16_384)));
    }
    await connection.pour(Buffer.concat(frames));
    await connection.over(1, 3000);
    notServed(connection, [1]);
    const { head, reset } = connection.stream(1);
    const answer = head?.[0]?.[1] ?? (reset === undefined ? "no answer" : `reset ${reset}`);
    lines.push(
      `${what}: ${answer}, ${refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR, Code.COMPRESSION_ERROR])}`,
    );
  }
  return lines.join("; ");
}
