import type { Runtime } from "../base/runtime.js";
import type { CallLimits } from "../call/limits.js";
import type { ServerCallOwner, ServerCallSetup } from "../call/server-call.js";
import type { ServerProtocol } from "../exchange/server-protocol.js";
import type { Codec } from "../rpc/codec.js";
import { messageFormat } from "../rpc/message-format.js";
import type { Method } from "../rpc/method.js";
import type { ServiceKey } from "../rpc/service-key.js";
import type { ServerInterceptor } from "./interceptor.js";
import type { AnyHandler } from "./run-handler.js";

/** What a route is made of. */
export interface RouteParts {
  readonly method: Method;
  readonly key: ServiceKey;
  readonly handler: AnyHandler;
  readonly interceptors: readonly ServerInterceptor[];
  readonly limits: CallLimits;
  readonly earlyHeaders: boolean;
}

/** One method of a server, with its handler. */
export class Route {
  readonly parts: RouteParts;
  private readonly setups: ServerCallSetup[] = [];

  constructor(parts: RouteParts) {
    this.parts = parts;
  }

  /** What the calls of this method in one protocol and codec share; made with the first. */
  setup(protocol: ServerProtocol, named: Codec, runtime: Runtime, owner: ServerCallOwner): RouteSetup {
    const codec = protocol.adaptCodec === undefined ? named : protocol.adaptCodec(named);
    for (const setup of this.setups) {
      if (setup.protocol === protocol && setup.sends.codec === codec && setup.owner === owner) return setup as RouteSetup;
    }
    const { method, key } = this.parts;
    const setup: RouteSetup = {
      route: this,
      method,
      key,
      runtime,
      body: protocol.body,
      sends: messageFormat(codec, method.output),
      receives: messageFormat(codec, method.input),
      protocol,
      owner,
    };
    this.setups.push(setup);
    return setup;
  }
}

/** A call's setup that knows its route. */
export interface RouteSetup extends ServerCallSetup {
  readonly route: Route;
}
