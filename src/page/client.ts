import type { DescService } from "@bufbuild/protobuf";
import type { CallOptions } from "../client/call-options.js";
import type { Client } from "../client/client.js";
import type { ClientOptions, MethodDefaults } from "../client/client-options.js";
import { RpcError } from "../rpc/rpc-error.js";
import { openCall } from "./call.js";
import type { PageChannel } from "./connect.js";
import { resolveLimits } from "./limits.js";

/** What all calls of a client have in common, unless a call says otherwise. */
export type PageClientOptions = Omit<ClientOptions, "interceptors" | "group" | "version">;

/**
 * Makes a client of a service, of the same type as that of `sluice/client`. Methods that stream requests throw `RpcError` with
 * `unimplemented`. Of the options of a call, `waitForReady`, `compression`, `values` and `maxReplayBytes` have no effect.
 */
export function createClient<Service extends DescService>(
  service: Service,
  channel: PageChannel,
  options: PageClientOptions = {},
): Client<Service> {
  const methods: Readonly<Record<string, MethodDefaults>> = options.methods ?? {};
  const client: Record<string, unknown> = {};
  for (const method of service.methods) {
    const { localName, methodKind } = method;
    const limits = resolveLimits(methods[localName] ?? {}, resolveLimits(options, channel.limits));
    client[localName] = (request: unknown, callOptions: CallOptions = {}) => {
      // unary or server_streaming
      if (!/^[us]/.test(methodKind)) throw new RpcError("unimplemented", "requests are streamed by sluice/web alone");
      const call = openCall(channel, method, request, callOptions, resolveLimits(callOptions, limits));
      return methodKind === "unary" ? call.receive() : call;
    };
  }
  return client as Client<Service>;
}
