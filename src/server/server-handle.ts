import type { Runtime } from "../base/runtime.js";
import { durationOption } from "../base/usage-error.js";
import { Shutdown } from "../call/shutdown.js";
import type { CallSnapshot } from "../observe/call-snapshot.js";
import type { ShutdownReport } from "../observe/shutdown-report.js";
import type { ServerStatistics } from "../observe/statistics.js";
import type { Server } from "./server.js";

const DEFAULT_GRACE_MS = 10_000;

/** What users hold of a server, wherever its requests come from. `close()` ends it in bounded time. */
export class ServerHandle {
  readonly #server: Server;
  readonly #runtime: Runtime;
  readonly #stopAccepting: () => Promise<void>;
  #shutdown: Shutdown | undefined = undefined;

  /** `stopAccepting` resolves when no more connections can come. */
  constructor(server: Server, runtime: Runtime, stopAccepting: () => Promise<void>) {
    this.#server = server;
    this.#runtime = runtime;
    this.#stopAccepting = stopAccepting;
  }

  statistics(): ServerStatistics {
    return this.#server.statistics();
  }

  calls(): CallSnapshot[] {
    return this.#server.calls();
  }

  close(options: { readonly graceMs?: number } = {}): Promise<ShutdownReport> {
    const graceMs = durationOption("graceMs", options.graceMs ?? DEFAULT_GRACE_MS, 0);
    this.#shutdown ??= new Shutdown(this.#server, this.#runtime, this.#stopAccepting);
    this.#shutdown.within(graceMs);
    return this.#shutdown.done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
