// 4,000 streams at once over the advertised limit: refused, each alone, or all with the connection.
import { Code } from "../../raw/frames.mjs";
import { fate, refusedOrSurvived } from "../verdicts.mjs";

export const name = "4,000 streams over the limit";

export async function attack(target) {
  const connection = await target.open();
  await connection.until(() => connection.settingsSeen, 2000);
  const limit = connection.peerSettings.get(3);
  if (limit === undefined) throw new Error("the server advertises no MAX_CONCURRENT_STREAMS");
  const count = limit + 4000;
  for (let i = 0; i < count && !connection.ended; i += 100) {
    await connection.pour(Buffer.concat(Array.from({ length: 100 }, (_, k) => target.request("mute", 2 * (i + k) + 1))));
  }
  const refusals = () => [...connection.streams.values()].filter(({ reset }) => reset === Code.REFUSED_STREAM).length;
  await connection.until(() => connection.ended || refusals() >= 4000, 5000);
  refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR]);
  if (!connection.ended && connection.goaway === undefined && refusals() < 4000) {
    throw new Error(`${refusals()} of 4,000 streams over the limit of ${limit} were refused`);
  }
  return `limit ${limit}, ${refusals()} refused: ${fate(connection)}`;
}
