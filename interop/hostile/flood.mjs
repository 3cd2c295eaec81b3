// Floods of small frames that cost the sender nothing. Each is poured twice: by a peer that reads the answers and by one that does not.
import { Code } from "../raw/frames.mjs";
import { pour } from "./target.mjs";
import { refusedOrSurvived } from "./verdicts.mjs";

const CODES = [Code.ENHANCE_YOUR_CALM, Code.PROTOCOL_ERROR];

/** Pours `count` frames made by `piece(i)`, after `first(target)` on each connection. */
export async function flood(target, count, piece, first) {
  const lines = [];
  for (const listen of [true, false]) {
    const connection = await target.open({ listen });
    if (first !== undefined) connection.write(first(target));
    const sent = await pour(connection, count, piece, { limitMs: 6000 });
    // The one that did not read hears now what became of it.
    if (!listen) connection.listen();
    await connection.until(() => connection.ended, 500);
    lines.push(`${sent} frames from a peer that ${listen ? "reads" : "does not read"}: ${refusedOrSurvived(connection, CODES)}`);
  }
  return lines.join("; ");
}
