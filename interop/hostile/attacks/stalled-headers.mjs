// Heads that begin and never go on.
import { Code, frame, Type } from "../../raw/frames.mjs";
import { callHead } from "../../raw/grpc.mjs";
import { headerBlock } from "../../raw/header-block.mjs";
import { closedWithin, refusedOrSurvived } from "../verdicts.mjs";

export const name = "stalled headers";
export const long = true;

export async function attack(target) {
  const connections = await target.openMany(300);
  const block = headerBlock(callHead(target.service.unary.path)).subarray(0, 30);
  for (const connection of connections) connection.write(frame(Type.HEADERS, 0, 1, block));
  const result = await closedWithin(connections, 15_000);
  return `${result}: ${refusedOrSurvived(connections[0], [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR])}`;
}
