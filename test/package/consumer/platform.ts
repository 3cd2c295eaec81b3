// The same package where the compiler knows a platform: its own AbortSignal is taken, and calls are `await using`-able.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Bench } from "./bench_pb.js";

export async function first(url: string, signal: AbortSignal): Promise<number | undefined> {
  await using channel = connect(url);
  await using call = createClient(Bench, channel).server({ id: 1 }, { signal });
  return (await call.receive({ signal: AbortSignal.timeout(1000) }))?.id;
}
