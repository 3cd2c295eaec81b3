import type { AbortSignalLike } from "../base/abort-signal.js";
import type { Fields } from "../base/field.js";
import { badOption } from "../base/usage-error.js";
import type { ClientCallSetup, Dispatcher } from "../call/attempted-call.js";
import type { ClientCall } from "../call/client-call.js";
import { intercept } from "../call/interceptor.js";
import { type CallLimits, resolveCallLimits } from "../call/limits.js";
import { SingleResponseCall } from "../call/single-response-call.js";
import { StreamingResponseCall } from "../call/streaming-response-call.js";
import { logTo } from "../observe/log.js";
import type { Compression } from "../rpc/compression.js";
import { ContextValues } from "../rpc/context-values.js";
import { messageFormat } from "../rpc/message-format.js";
import type { Method } from "../rpc/method.js";
import { serviceKeyFields, serviceKeyOf } from "../rpc/service-key.js";
import { type CallOptions, callTimeout, kernelOptions } from "./call-options.js";
import type { CallParts } from "./call-parts.js";
import type { CallSiteNotes, EntryFunction } from "./call-site.js";
import type { ClientOptions, MethodDefaults } from "./client-options.js";
import { ClientInterceptedCall, type ClientInterceptor } from "./interceptor.js";
import { RequestPump, type Requests } from "./request-pump.js";
import { BidiHandle, ClientStreamHandle, PumpedHandle, ServerStreamHandle } from "./stream-handles.js";

/** Where calls go: a channel, or a part of one. */
export interface CallOrigin extends Dispatcher {
  readonly parts: CallParts;
  callSitesOf(method: Method): CallSiteNotes;
}

/** Makes the calls of one method of one client. */
export class MethodCaller {
  readonly method: Method;
  private readonly origin: CallOrigin;
  private readonly limits: CallLimits;
  private readonly timeoutMs: number;
  private readonly interceptors: readonly ClientInterceptor[];
  private readonly compressions: ReadonlyMap<string, Compression>;
  /** What says the group and version of the service. */
  private readonly keyFields: Fields;
  private readonly setup: ClientCallSetup;
  private readonly callSites: CallSiteNotes;
  /** What the user's code calls, to tell where from. */
  entry: EntryFunction | undefined = undefined;
  /** Setups of calls that asked for another compression than the channel's. */
  private readonly otherSetups = new Map<string, ClientCallSetup>();

  constructor(method: Method, origin: CallOrigin, options: ClientOptions, own: MethodDefaults = {}) {
    const { parts } = origin;
    this.method = method;
    this.origin = origin;
    this.limits = resolveCallLimits(own, resolveCallLimits(options, parts.limits));
    this.timeoutMs = callTimeout(own.timeoutMs, callTimeout(options.timeoutMs, parts.timeoutMs));
    this.interceptors = [...parts.interceptors, ...(options.interceptors ?? [])];
    this.compressions = new Map(parts.compressions.map((compression) => [compression.name, compression]));
    this.keyFields = serviceKeyFields(serviceKeyOf(options));
    this.setup = this.makeSetup(parts.compression);
    this.callSites = origin.callSitesOf(method);
  }

  unary(request: unknown, options: CallOptions | undefined): Promise<unknown> {
    const timeoutMs = callTimeout(options?.timeoutMs, this.timeoutMs);
    const call = new SingleResponseCall(this.setupFor(options), this.limitsFor(options), kernelOptions(options));
    this.start(call, timeoutMs, options, request, true);
    return call.response;
  }

  serverStream(request: unknown, options: CallOptions | undefined): ServerStreamHandle {
    const timeoutMs = callTimeout(options?.timeoutMs, this.timeoutMs);
    const call = new StreamingResponseCall(this.setupFor(options), this.limitsFor(options), kernelOptions(options));
    this.noteOpened(call);
    this.start(call, timeoutMs, options, request, true);
    return new ServerStreamHandle(call);
  }

  clientStream(options: CallOptions | undefined): ClientStreamHandle {
    return new ClientStreamHandle(this.startUpload(options));
  }

  clientStreamOf(requests: Requests<unknown>, options: CallOptions | undefined): Promise<unknown> {
    const call = this.startUpload(options);
    new RequestPump(call, requests).start();
    return call.response;
  }

  bidi(options: CallOptions | undefined): BidiHandle {
    return new BidiHandle(this.startBidi(options));
  }

  bidiOf(requests: Requests<unknown>, options: CallOptions | undefined): PumpedHandle {
    return new PumpedHandle(this.startBidi(options), requests);
  }

  private startUpload(options: CallOptions | undefined): SingleResponseCall {
    const timeoutMs = callTimeout(options?.timeoutMs, this.timeoutMs);
    const call = new SingleResponseCall(this.setupFor(options), this.limitsFor(options), kernelOptions(options));
    this.noteOpened(call);
    this.start(call, timeoutMs, options, undefined, false);
    return call;
  }

  private startBidi(options: CallOptions | undefined): StreamingResponseCall {
    const timeoutMs = callTimeout(options?.timeoutMs, this.timeoutMs);
    const call = new StreamingResponseCall(this.setupFor(options), this.limitsFor(options), kernelOptions(options));
    this.noteOpened(call);
    this.start(call, timeoutMs, options, undefined, false);
    return call;
  }

  private noteOpened(call: ClientCall): void {
    if (this.entry !== undefined) call.noteOpened(this.callSites.note(this.entry));
  }

  /** Begins the call: its deadline now, its way to the server when the interceptors have let it through. */
  private start(call: ClientCall, timeoutMs: number, options: CallOptions | undefined, request: unknown, single: boolean): void {
    call.limitTime(timeoutMs);
    const signal: AbortSignalLike | undefined = options?.signal;
    if (signal !== undefined && !call.ended) call.watch(signal, (reason) => call.cancel(reason));
    if (this.interceptors.length > 0) {
      this.startIntercepted(call, options, request, single);
      return;
    }
    if (call.ended) return;
    if (single) call.sendOnly(request);
    call.begin();
  }

  private startIntercepted(call: ClientCall, options: CallOptions | undefined, request: unknown, single: boolean): void {
    if (!single) call.hold();
    const view = new ClientInterceptedCall(call, options?.values ?? new ContextValues());
    const begin = () => {
      call.metadata = view.requestHeaders.toFields();
      if (single) call.sendOnly(request);
      call.begin();
    };
    intercept(this.interceptors, view, call, begin, (error) => {
      const method = this.method.path;
      logTo(this.origin.parts.log, {
        level: "error",
        event: "interceptor-failed",
        message: "an interceptor threw after the call had begun",
        method,
        timeline: call.timeline,
        error,
      });
    });
  }

  private limitsFor(options: CallOptions | undefined): CallLimits {
    return options === undefined ? this.limits : resolveCallLimits(options, this.limits);
  }

  private setupFor(options: CallOptions | undefined): ClientCallSetup {
    const name = options?.compression;
    if (name === undefined || name === (this.setup.compression?.name ?? "identity")) return this.setup;
    let setup = this.otherSetups.get(name);
    if (setup === undefined) {
      const compression = this.compressions.get(name);
      if (name !== "identity" && compression === undefined) {
        badOption("compression", name, `one of ${["identity", ...this.compressions.keys()].join(", ")}`);
      }
      setup = this.makeSetup(compression);
      this.otherSetups.set(name, setup);
    }
    return setup;
  }

  private makeSetup(compression: Compression | undefined): ClientCallSetup {
    const { method, origin, keyFields } = this;
    const { target, codec, compressions, runtime } = origin.parts;
    const protocol = origin.parts.protocol(method);
    const encoding = { codec: codec.name, send: compression?.name ?? "identity", accept: compressions.map(({ name }) => name) };
    const head = protocol.requestHead(target, method, encoding);
    const bodiless = protocol.bodiless?.(target, method, encoding);
    return {
      method,
      runtime,
      body: protocol.body,
      sends: messageFormat(codec, method.input),
      receives: messageFormat(codec, method.output),
      protocol,
      head: keyFields.length === 0 ? head : [...head, ...keyFields],
      compression,
      compressions: this.compressions,
      dispatcher: origin,
      bodiless: keyFields.length === 0 ? bodiless : bodiless && ((message, compressed) => bodiless(message, compressed)?.concat(keyFields)),
    };
  }
}
