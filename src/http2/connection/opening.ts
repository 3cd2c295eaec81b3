import type { ConnectionWindow } from "../flow/connection-window.js";
import { writePreface, writeSettings, writeWindowUpdate } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { ourSettings } from "./settings.js";

/** Writes what this side says first (RFC 9113 §3.4). */
export function writeOpening(out: OutputBuffer, role: "client" | "server", limits: Http2Limits, window: ConnectionWindow): void {
  if (role === "client") writePreface(out);
  writeSettings(out, ourSettings(role, limits));
  // a stream that may begin with more than the connection's window needs a larger one
  const increment = window.grow(limits.initialWindowBytes);
  if (increment > 0) writeWindowUpdate(out, 0, increment);
}
