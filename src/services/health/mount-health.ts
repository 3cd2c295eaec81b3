import { RpcError } from "../../rpc/rpc-error.js";
import type { ServiceImplementation } from "../../server/handler.js";
import type { Router } from "../../server/router.js";
import { MAX_REQUEST_BYTES, shown } from "../asked-name.js";
import { Health } from "../gen/grpc/health/v1/health_pb.js";
import { createHealth, type HealthListener, type ServerHealth } from "./server-health.js";
import { type ServingStatus, statusToWire } from "./serving-status.js";
import { Watcher } from "./watcher.js";

/** `List` answers for so many services, the server included; more are `resource_exhausted`. The protocol's own number. */
const MAX_LISTED = 100;

/**
 * Serves `grpc.health.v1.Health` beside the services of a router: which are `SERVING`, and so is the server (""), unless `health` says otherwise.
 * When the server begins to shut down, every watcher is told `NOT_SERVING`, before the GOAWAY, and its stream ends well; there is no way back. A watch
 * ends the same way, with nothing more said, when only its connection drains. Throws `UsageError` when it is mounted already.
 */
export function mountHealth(router: Router, health: ServerHealth = createHealth()): void {
  const mounted = new MountedHealth(router, health);
  // a watch on which nothing changes is as it should be
  const methods = { watch: { idleTimeoutMs: Number.POSITIVE_INFINITY } };
  router.service(Health, mounted.implementation, { maxReceiveBytes: MAX_REQUEST_BYTES, methods });
  router.onShutdown(() => mounted.close());
}

/** The health of one server: what is said of its services until it shuts down. */
class MountedHealth implements HealthListener {
  readonly #router: Router;
  readonly #health: ServerHealth;
  /** By the name of what they watch. */
  readonly #watchers = new Map<string, Set<Watcher>>();
  #closing = false;

  constructor(router: Router, health: ServerHealth) {
    this.#router = router;
    this.#health = health;
    health.addListener(this);
  }

  get implementation(): ServiceImplementation<typeof Health> {
    return {
      check: ({ service }) => {
        const status = this.#statusOf(service);
        if (status === undefined) throw new RpcError("not_found", `this server knows no service ${shown(service)}`);
        return { status: statusToWire(status) };
      },
      list: () => ({ statuses: this.#list() }),
      watch: async ({ service }, context, out) => {
        const watcher = new Watcher(() => this.#statusFor(service), context, out);
        this.#add(service, watcher);
        try {
          watcher.update();
          await watcher.done;
        } finally {
          this.#delete(service, watcher);
        }
      },
    };
  }

  /** Says `NOT_SERVING` to everybody who watches, whatever they watch. */
  close(): void {
    this.#closing = true;
    this.#health.deleteListener(this);
    this.statusChanged(undefined);
  }

  statusChanged(service: string | undefined): void {
    const affected = service === undefined ? [...this.#watchers.values()] : [this.#watchers.get(service) ?? []];
    for (const watchers of affected) for (const watcher of watchers) watcher.update();
  }

  /** Undefined: not known. */
  #statusOf(service: string): ServingStatus | undefined {
    const said = this.#health.said(service);
    const known = said !== undefined || service === "" || this.#router.descriptors().some(({ typeName }) => typeName === service);
    if (!known) return undefined;
    return this.#over ? "NOT_SERVING" : (said ?? "SERVING");
  }

  /** What a watcher is told. A server that goes away serves nothing of any name: dubbo-go watches names that only it knows. */
  #statusFor(service: string): ServingStatus {
    return this.#over ? "NOT_SERVING" : (this.#statusOf(service) ?? "SERVICE_UNKNOWN");
  }

  get #over(): boolean {
    return this.#closing || this.#health.isDown;
  }

  #list(): Record<string, { status: number }> {
    const mounted = this.#router.descriptors().map(({ typeName }) => typeName);
    const names = new Set(["", ...mounted, ...this.#health.named]);
    if (names.size > MAX_LISTED) {
      throw new RpcError("resource_exhausted", `this server has more than the ${MAX_LISTED} services that List may answer for`);
    }
    return Object.fromEntries([...names].map((name) => [name, { status: statusToWire(this.#statusOf(name) ?? "UNKNOWN") }]));
  }

  #add(service: string, watcher: Watcher): void {
    let watchers = this.#watchers.get(service);
    if (watchers === undefined) this.#watchers.set(service, (watchers = new Set()));
    watchers.add(watcher);
  }

  #delete(service: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(service);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(service);
  }
}
