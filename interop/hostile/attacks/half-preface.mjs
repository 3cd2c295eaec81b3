// Connections that begin the preface and stop.
import { PREFACE } from "../../raw/frames.mjs";
import { closedWithin } from "../verdicts.mjs";

export const name = "half a preface";
export const long = true;

export async function attack(target) {
  const connections = await target.openMany(300, { preface: false });
  for (const connection of connections) connection.write(PREFACE.subarray(0, 12));
  return closedWithin(connections, 13_000);
}
