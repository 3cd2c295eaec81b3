// A peer that never acknowledges SETTINGS, and asks for answers all the while.
import { setTimeout as sleep } from "node:timers/promises";
import { Code } from "../../raw/frames.mjs";
import { fate, refusedOrSurvived } from "../verdicts.mjs";

export const name = "SETTINGS never acknowledged";
export const long = true;

export async function attack(target) {
  const connections = await target.openMany(20, { acknowledge: false });
  const started = Date.now();
  for (let id = 1; Date.now() - started < 15_000 && connections.some((connection) => !connection.ended); id += 2) {
    for (const connection of connections) connection.write(target.request("unary", id));
    await sleep(50);
    for (const connection of connections) connection.streams.delete(id);
  }
  for (const connection of connections) refusedOrSurvived(connection, [Code.SETTINGS_TIMEOUT]);
  return `20 connections: ${[...new Set(connections.map(fate))].join("; ")} after ${((Date.now() - started) / 1000).toFixed(1)} s`;
}
