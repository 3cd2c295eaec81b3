import { type Log, logTo } from "../observe/log.js";
import { CodeNumber, codeFromNumber } from "../rpc/code.js";
import type { Call } from "./call.js";

/** Tells the log of a call that has ended badly, for those who asked to hear of each. */
export function logFailure(log: Log | undefined, call: Call): void {
  const { status, setup, timeline } = call;
  if (status === undefined || status.code === CodeNumber.ok) return;
  const message = `the call ended with ${codeFromNumber(status.code)}: ${status.message}`;
  const peer = call.exchange?.peer.address;
  const { openedAt } = call;
  logTo(log, {
    level: "info",
    event: "call-failed",
    message,
    method: setup.method.path,
    ...(peer === undefined ? {} : { peer }),
    ...(openedAt === undefined ? {} : { openedAt }),
    error: call.error(),
    timeline,
  });
}
