import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { UsageError } from "../base/usage-error.js";
import { type CallLimitOptions, type CallLimits, resolveCallLimits } from "../call/limits.js";
import { methodOf } from "../rpc/method.js";
import { describeServiceKey, NO_KEY, type ServiceKey, type ServiceKeyOptions, serviceKeyOf } from "../rpc/service-key.js";
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

/** Options of one service. With `group` and `version` a service may be added several times: clients ask for one of them by both. */
export interface ServiceOptions extends MethodOptions, ServiceKeyOptions {
  /** Options of single methods, by their names in lower camel case; they go before those of the service. */
  readonly methods?: Readonly<Record<string, MethodOptions>>;
}

/** The services of a server, by path, group and version. */
export class Router {
  private readonly routes = new Map<string, Route>();
  private readonly services = new Map<string, Registered>();
  private readonly shutdownListeners: (() => void)[] = [];
  private readonly limits: CallLimits;

  constructor(limits: CallLimits) {
    this.limits = limits;
  }

  /**
   * Adds a service. Throws `UsageError` when it was added before with the same group and version, or when the implementation has a function
   * that is no method.
   */
  service<Service extends DescService>(
    service: Service,
    implementation: ServiceImplementation<Service>,
    options: ServiceOptions = {},
  ): this {
    const key = serviceKeyOf(options);
    const registered = this.services.get(service.typeName) ?? { service, keys: [] };
    if (registered.keys.some((other) => isSame(other, key))) {
      const as = key === NO_KEY ? "" : ` with ${describeServiceKey(key)}`;
      throw new UsageError(`service ${service.typeName} is registered already${as}`);
    }
    const functions = implementation as Readonly<Record<string, AnyHandler | undefined>>;
    checkNames(service, functions, options);
    registered.keys.push(key);
    this.services.set(service.typeName, registered);
    for (const descriptor of service.methods) {
      const handler = functions[descriptor.localName];
      if (handler !== undefined)
        this.add(descriptor, key, handler.bind(implementation), { ...options, ...options.methods?.[descriptor.localName] }, options);
    }
    return this;
  }

  private add(descriptor: DescMethod, key: ServiceKey, handler: AnyHandler, options: MethodOptions, service: ServiceOptions): void {
    const own = options.interceptors === service.interceptors ? [] : (options.interceptors ?? []);
    const interceptors = [...(service.interceptors ?? []), ...own];
    const method = methodOf(descriptor);
    const limits = resolveCallLimits(options, this.limits);
    const earlyHeaders = options.earlyHeaders ?? true;
    this.routes.set(address(method.path, key), new Route({ method, key, handler, interceptors, limits, earlyHeaders }));
  }

  /** The route of a method. As in Dubbo, the first letter of a method's name may be written small or large, where no method is named just so. */
  find(path: string, key: ServiceKey): Route | undefined {
    return this.routes.get(address(path, key)) ?? this.routes.get(address(otherCase(path), key));
  }

  /** Whether the method is served, in whatever group and version. */
  serves(path: string): boolean {
    return this.services.get(serviceName(path))?.keys.some((key) => this.find(path, key) !== undefined) === true;
  }

  /** The services that were added so far. */
  descriptors(): DescService[] {
    return [...this.services.values()].map(({ service }) => service);
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
    return this.services.get(serviceName(path))?.service.methods.some(({ name }) => isNamed(path, name)) === true;
  }

  /** Why there is no such method, for people. */
  whyMissing(path: string, key: ServiceKey): string {
    const name = serviceName(path);
    const methodName = path.slice(name.length + 2);
    const registered = this.services.get(name);
    if (registered === undefined) return `this server has no service ${name}`;
    if (!this.declares(path)) return `service ${name} has no method ${methodName}`;
    if (registered.keys.some((other) => isSame(other, key))) return `method ${methodName} of service ${name} is not implemented`;
    return `service ${name} is not here with ${describeServiceKey(key)}; it is with ${listed(registered.keys)}`;
  }
}

/** A service, with the groups and versions that there are of it. */
interface Registered {
  readonly service: DescService;
  readonly keys: ServiceKey[];
}

/** What a route is found by. No header holds a line break, so that nothing can be made to look like something else. */
function address(path: string, key: ServiceKey): string {
  return key === NO_KEY ? path : `${path}\n${key.group}\n${key.version}`;
}

function serviceName(path: string): string {
  return path.split("/", 2)[1] ?? "";
}

/** The path with the first letter of its method in the other case. */
function otherCase(path: string): string {
  const at = path.indexOf("/", 1) + 1;
  const letter = path.charAt(at);
  const upper = letter.toUpperCase();
  return at === 0 ? path : path.slice(0, at) + (letter === upper ? letter.toLowerCase() : upper) + path.slice(at + 1);
}

function isNamed(path: string, methodName: string): boolean {
  return path.endsWith(`/${methodName}`) || otherCase(path).endsWith(`/${methodName}`);
}

function isSame(one: ServiceKey, other: ServiceKey): boolean {
  return one.group === other.group && one.version === other.version;
}

function listed(keys: readonly ServiceKey[]): string {
  const more = keys.length - MAX_LISTED;
  return keys.slice(0, MAX_LISTED).map(describeServiceKey).join("; ") + (more > 0 ? `; and ${more} more` : "");
}

const MAX_LISTED = 10;

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
