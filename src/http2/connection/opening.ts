import type { ConnectionWindow } from "../flow/connection-window.js";
import { writePreface, writeSettings, writeWindowUpdate } from "../frame/write-control.js";
import type { Http2Limits } from "../limits.js";
import type { OutputBuffer } from "../output/output-buffer.js";
import { Deadline, type Deadlines } from "./deadlines.js";
import { ourSettings } from "./settings.js";

/** Writes what this side says first (RFC 9113 §3.4). */
export function writeOpening(out: OutputBuffer, role: "client" | "server", limits: Http2Limits, window: ConnectionWindow): void {
  if (role === "client") writePreface(out);
  writeSettings(out, ourSettings(role, limits));
  // a stream that may begin with more than the connection's window needs a larger one
  const increment = window.grow(limits.initialWindowBytes);
  if (increment > 0) writeWindowUpdate(out, 0, increment);
}

/** Sets what this side waits for from the start. */
export function setOpeningDeadlines(
  deadlines: Deadlines,
  role: "client" | "server",
  limits: Http2Limits,
  random: () => number,
  now: number,
): void {
  // the peer's first frames may take as long as its preface
  deadlines.set(Deadline.settingsAck, now + limits.prefaceTimeoutMs + limits.firstSettingsTimeoutMs + limits.settingsAckTimeoutMs);
  if (role === "server") deadlines.set(Deadline.preface, now + limits.prefaceTimeoutMs);
  else deadlines.set(Deadline.firstSettings, now + limits.prefaceTimeoutMs + limits.firstSettingsTimeoutMs);
  deadlines.set(Deadline.keepalive, now + limits.keepaliveIntervalMs);
  deadlines.set(Deadline.idle, now + limits.maxIdleMs);
  if (role === "server") deadlines.set(Deadline.age, now + limits.maxAgeMs * (0.9 + 0.2 * random()));
}
