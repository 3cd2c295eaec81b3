import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux

/** The seconds that a process has spent on a processor (utime + stime of /proc/PID/stat); 0 where there is no /proc, or for pid 0. */
export function cpuSeconds(pid) {
  if (!pid) return 0;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
