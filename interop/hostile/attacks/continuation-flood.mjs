// VU#421644: a header block that never ends.
import { Code, Flag, frame, Type } from "../../raw/frames.mjs";
import { callHead } from "../../raw/grpc.mjs";
import { headerBlock } from "../../raw/header-block.mjs";
import { pour } from "../target.mjs";
import { mustBeRefused } from "../verdicts.mjs";

export const name = "CONTINUATION flood";

const CODES = [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR];

export async function attack(target) {
  const lines = [];
  const full = headerBlock([["x-fill", "a".repeat(16_000)]]);
  for (const [what, fragment, count] of [
    ["full", full, 4000],
    ["small", headerBlock([["x-a", "1"]]), 100_000],
    ["empty", Buffer.alloc(0), 100_000],
  ]) {
    const connection = await target.open();
    connection.write(frame(Type.HEADERS, Flag.END_STREAM, 1, headerBlock(callHead(target.service.unary.path))));
    const sent = await pour(connection, count, () => frame(Type.CONTINUATION, 0, 1, fragment), { batch: 20 });
    lines.push(`${sent} ${what} frames: ${await mustBeRefused(connection, CODES, 7000)}`);
  }
  return lines.join("; ");
}
