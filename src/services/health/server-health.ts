import type { DescService } from "@bufbuild/protobuf";
import { badOption } from "../../base/usage-error.js";
import { isServerStatus, type ServingStatus } from "./serving-status.js";

/** Who is told when the status of a service may have changed: a server that health is mounted on. */
export interface HealthListener {
  /** Undefined: of every service. */
  statusChanged(service: string | undefined): void;
}

/**
 * What servers say of their health: a status for each service, and for the server as a whole, whose name is "". Those that nothing was said of are
 * `SERVING`: the server, and every service that is mounted beside health. May be mounted on several servers.
 */
export class ServerHealth {
  readonly #statuses = new Map<string, ServingStatus>();
  readonly #listeners = new Set<HealthListener>();
  #down = false;

  /**
   * Says how a service stands: one of the server's, any other name, or "" for the server as a whole (which says nothing of its services).
   * Watchers are told at once. Does nothing after {@link shutdown}.
   */
  set(service: DescService | string, status: Exclude<ServingStatus, "SERVICE_UNKNOWN">): void {
    if (!isServerStatus(status)) badOption("status", status, '"SERVING", "NOT_SERVING" or "UNKNOWN"');
    if (this.#down) return;
    const name = nameOf(service);
    this.#statuses.set(name, status);
    this.#tell(name);
  }

  /** Takes back what was said of a service: it is `SERVING` where it is mounted, and not known elsewhere. */
  clear(service: DescService | string): void {
    if (this.#down) return;
    const name = nameOf(service);
    if (this.#statuses.delete(name)) this.#tell(name);
  }

  /**
   * Says `NOT_SERVING` of everything from now on, whatever else is said: for the time between leaving a load balancer and `server.close()`, which
   * does the same for its server.
   */
  shutdown(): void {
    if (this.#down) return;
    this.#down = true;
    this.#tell(undefined);
  }

  /** Whether {@link shutdown} was called. */
  get isDown(): boolean {
    return this.#down;
  }

  /** What was said of a service, if anything. */
  said(service: string): ServingStatus | undefined {
    return this.#statuses.get(service);
  }

  /** The services of which something was said. */
  get named(): Iterable<string> {
    return this.#statuses.keys();
  }

  /** Tells the listener of changes until it is deleted. */
  addListener(listener: HealthListener): void {
    this.#listeners.add(listener);
  }

  deleteListener(listener: HealthListener): void {
    this.#listeners.delete(listener);
  }

  #tell(service: string | undefined): void {
    for (const listener of this.#listeners) listener.statusChanged(service);
  }
}

/** Makes the health of a server, for {@link mountHealth}. */
export function createHealth(): ServerHealth {
  return new ServerHealth();
}

/** The name of a service that is given by it, or by its descriptor. */
export function nameOf(service: DescService | string): string {
  return typeof service === "string" ? service : service.typeName;
}
