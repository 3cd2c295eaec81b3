import type { DescMethod, DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, Interceptor } from "@connectrpc/connect";
import { UsageError } from "../../base/usage-error.js";
import type { MethodOptions, Router } from "../../server/router.js";
import { type ConnectHandler, sluiceHandler } from "./handlers.js";

/** Options of {@link connectRoutes}. */
export interface ConnectRoutesOptions {
  /** Interceptors of connect-es around every handler, the first outermost, inside those of Sluice. Default none. */
  readonly interceptors?: Interceptor[];
  /** The largest request message in bytes. Default: Sluice's `maxReceiveBytes`. */
  readonly readMaxBytes?: number;
}

/**
 * The services of a routes function written for connect-es, for Sluice's kernel to run: `serve({ routes: connectRoutes(routes) })`. Handlers and
 * interceptors stay as they are; limits, deadlines, shutdown and the ends of streams are Sluice's. Options of connect-es other than
 * `interceptors` and `readMaxBytes` throw `UsageError`: each has its place in the options of `serve()`.
 */
export function connectRoutes(routes: (router: ConnectRouter) => unknown, options: ConnectRoutesOptions = {}): (router: Router) => void {
  return (router) => {
    const recorder = new RouteRecorder(options);
    routes(recorder);
    for (const [service, { handlers, methods }] of recorder.services) router.service(service, handlers as never, { methods });
  };
}

/** What was recorded of one service, by the local names of its methods. */
interface RecordedService {
  readonly handlers: Record<string, unknown>;
  readonly methods: Record<string, MethodOptions>;
}

/** A `ConnectRouter` that keeps what it is given. */
class RouteRecorder implements ConnectRouter {
  /** Of connect-es's own kind there are none. */
  readonly handlers: ConnectRouter["handlers"] = [];
  readonly services: Map<DescService, RecordedService> = new Map();
  private readonly options: ConnectRoutesOptions;

  constructor(options: ConnectRoutesOptions) {
    this.options = options;
    checkOptions(options);
  }

  service(service: DescService, implementation: object, options: object = {}): this {
    const functions = implementation as Readonly<Record<string, ConnectHandler | undefined>>;
    for (const method of service.methods) {
      const handler = functions[method.localName];
      if (typeof handler === "function") this.record(method, handler.bind(implementation), options);
    }
    this.recorded(service);
    return this;
  }

  rpc(method: DescMethod, implementation: unknown, options: object = {}): this {
    this.record(method, implementation as ConnectHandler, options);
    return this;
  }

  private record(method: DescMethod, handler: ConnectHandler, given: object): void {
    checkOptions(given);
    const { interceptors = [], readMaxBytes }: ConnectRoutesOptions = { ...this.options, ...given };
    const { handlers, methods } = this.recorded(method.parent);
    if (method.localName in handlers)
      throw new UsageError(`method ${method.name} of service ${method.parent.typeName} is registered already`);
    handlers[method.localName] = sluiceHandler(method, handler, interceptors);
    // connect-es sends the response headers with the first message
    methods[method.localName] = { earlyHeaders: false, ...(readMaxBytes !== undefined && { maxReceiveBytes: readMaxBytes }) };
  }

  private recorded(service: DescService): RecordedService {
    let recorded = this.services.get(service);
    if (recorded === undefined) {
      recorded = { handlers: {}, methods: {} };
      this.services.set(service, recorded);
    }
    return recorded;
  }
}

/** Where else an option of connect-es is said. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  acceptCompression: "serve({ compression })",
  compressMinBytes: "serve({ compression })",
  jsonOptions: "serve({ registry })",
  shutdownSignal: "context.draining, or server.close({ graceMs })",
  requestGate: "an interceptor of Sluice",
};

function checkOptions(options: object): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === "interceptors" || name === "readMaxBytes") continue;
    const instead = ELSEWHERE[name];
    throw new UsageError(
      `option ${name} of connect-es is not taken over by connectRoutes()${instead === undefined ? "" : `; use ${instead}`}`,
    );
  }
}
