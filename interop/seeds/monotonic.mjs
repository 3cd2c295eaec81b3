/** CLOCK_MONOTONIC in nanoseconds: the clock that processes of one machine share. */
export function monotonic() {
  return Number(process.hrtime.bigint());
}
