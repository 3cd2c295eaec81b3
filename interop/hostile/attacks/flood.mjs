// Floods of small frames that cost the sender nothing. Each is poured twice: by a peer that reads the answers and by one that does not.
import { Code } from "../../raw/frames.mjs";
import { fate, pour, refusedOrSurvived } from "../target.mjs";

/** Pours `count` frames made by `piece(i)`, after `first(target)` on each connection. */
export async function flood(target, count, piece, first) {
  const lines = [];
  for (const listen of [true, false]) {
    const connection = await target.open({ listen });
    if (first !== undefined) connection.write(first(target));
    const sent = await pour(connection, count, piece, { limitMs: 6000 });
    if (listen) refusedOrSurvived(connection, [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR]);
    lines.push(`${sent} frames from a peer that ${listen ? "reads" : "does not read"}: ${fate(connection)}`);
  }
  return lines.join("; ");
}
