import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { UsageError } from "../base/usage-error.js";
import { type CallLimitOptions, type CallLimits, resolveCallLimits } from "../call/limits.js";
import { methodOf } from "../rpc/method.js";
import type { ServiceImplementation } from "./handler.js";
import type { ServerInterceptor } from "./interceptor.js";
import { Route } from "./route.js";
import type { AnyHandler } from "./run-handler.js";

/** Options of the methods of a service, or of one method. */
export interface MethodOptions extends CallLimitOptions {
  /** Run inside the server's interceptors, the first outermost. */
  readonly interceptors?: readonly ServerInterceptor[];
  /**
   * Server-streaming: send the response headers at the end of the turn in which the handler first waits, rather than with the first
   * message. Default true.
   */
  readonly earlyHeaders?: boolean;
}

/** Options of one service. */
export interface ServiceOptions extends MethodOptions {
  /** Options of single methods, by their names in lower camel case; they go before those of the service. */
  readonly methods?: Readonly<Record<string, MethodOptions>>;
}

/** The services of a server, by path. */
export class Router {
  private readonly routes = new Map<string, Route>();
  private readonly services = new Map<string, DescService>();
  private readonly shutdownListeners: (() => void)[] = [];
  private readonly limits: CallLimits;

  constructor(limits: CallLimits) {
    this.limits = limits;
  }

  /** Adds a service. Throws `UsageError` when it was added before, or when the implementation has a function that is no method. */
  service<Service extends DescService>(
    service: Service,
    implementation: ServiceImplementation<Service>,
    options: ServiceOptions = {},
  ): this {
    if (this.services.has(service.typeName)) throw new UsageError(`service ${service.typeName} is registered already`);
    const functions = implementation as Readonly<Record<string, AnyHandler | undefined>>;
    checkNames(service, functions, options);
    this.services.set(service.typeName, service);
    for (const descriptor of service.methods) {
      const handler = functions[descriptor.localName];
      if (handler !== undefined)
        this.add(descriptor, handler.bind(implementation), { ...options, ...options.methods?.[descriptor.localName] }, options);
    }
    return this;
  }

  private add(descriptor: DescMethod, handler: AnyHandler, options: MethodOptions, service: ServiceOptions): void {
    const own = options.interceptors === service.interceptors ? [] : (options.interceptors ?? []);
    const interceptors = [...(service.interceptors ?? []), ...own];
    const method = methodOf(descriptor);
    const limits = resolveCallLimits(options, this.limits);
    this.routes.set(method.path, new Route({ method, handler, interceptors, limits, earlyHeaders: options.earlyHeaders ?? true }));
  }

  find(path: string): Route | undefined {
    return this.routes.get(path);
  }

  /** The services that were added so far. */
  descriptors(): DescService[] {
    return [...this.services.values()];
  }

  /**
   * The listener is called once, when the server begins to shut down: it accepts no more connections, and nobody has been told yet. What open
   * calls send inside the listener leaves before the GOAWAY. An error that it throws is logged.
   */
  onShutdown(listener: () => void): this {
    this.shutdownListeners.push(listener);
    return this;
  }

  /** Calls the listeners of a shutdown; gives what they threw. */
  tellShutdown(): unknown[] {
    return this.shutdownListeners.flatMap((listener) => {
      try {
        listener();
        return [];
      } catch (error) {
        return [error];
      }
    });
  }

  /** Whether a service of this server declares the method, implemented or not. */
  declares(path: string): boolean {
    const [, serviceName = "", methodName = ""] = path.split("/");
    return this.services.get(serviceName)?.methods.some((method) => method.name === methodName) === true;
  }

  /** Why there is no such method, for people. */
  whyMissing(path: string): string {
    const [, serviceName = "", methodName = ""] = path.split("/");
    if (!this.services.has(serviceName)) return `this server has no service ${serviceName}`;
    return this.declares(path)
      ? `method ${methodName} of service ${serviceName} is not implemented`
      : `service ${serviceName} has no method ${methodName}`;
  }
}

function checkNames(service: DescService, functions: Readonly<Record<string, unknown>>, options: ServiceOptions): void {
  const names = new Set(service.methods.map((method) => method.localName));
  const known = [...names].join(", ");
  // an instance of a class may hold other things than functions
  const given = Object.keys(functions).filter((name) => typeof functions[name] === "function");
  for (const name of [...given, ...Object.keys(options.methods ?? {})]) {
    if (!names.has(name)) throw new UsageError(`service ${service.typeName} has no method "${name}"; it has ${known}`);
  }
  for (const name of names) {
    const handler = functions[name];
    if (handler !== undefined && typeof handler !== "function") {
      throw new UsageError(`method "${name}" of service ${service.typeName} must be implemented by a function`);
    }
  }
}
