import type { DescService } from "@bufbuild/protobuf";
import type { Runtime } from "../../base/runtime.js";
import { Timer, type TimerTarget } from "../../base/timer-wheel.js";
import { durationOption } from "../../base/usage-error.js";
import type { CallParts } from "../../client/call-parts.js";
import type { CheckFindings, ConnectionCheck, RunningCheck } from "../../client/channel/checked-connection.js";
import { OneConnection } from "../../client/channel/one-connection.js";
import { MethodCaller } from "../../client/method-caller.js";
import { Metadata, type MetadataInit } from "../../rpc/metadata.js";
import { methodOf } from "../../rpc/method.js";
import { RpcError } from "../../rpc/rpc-error.js";
import { Health, type HealthCheckResponse } from "../gen/grpc/health/v1/health_pb.js";
import { nameOf } from "./server-health.js";
import { statusFromWire } from "./serving-status.js";

/** Options of {@link healthCheck}. */
export interface HealthCheckOptions {
  /** The service to ask for: its descriptor or its name. Default "": the server as a whole. */
  readonly service?: DescService | string;
  /** The metadata of the request. The interceptors of the channel do not run around it. */
  readonly headers?: MetadataInit | undefined;
  /** How long a new connection may take to say how it stands, in ms. Default 20,000. */
  readonly timeoutMs?: number;
}

/**
 * A channel's check of its connections by `grpc.health.v1.Health/Watch` (gRPC's client-side health checking): a connection is used once its server says
 * `SERVING` on it, and gets no new calls once it says something else, or nothing any more; the calls on it go on, and others get a new connection.
 * One that says so from the start has failed to connect. A server without a health service counts as `SERVING`. The check takes one of the streams that
 * the server allows on a connection. Throws `UsageError` for a bad option.
 */
export function healthCheck(options: HealthCheckOptions = {}): ConnectionCheck {
  const { service = "", headers, timeoutMs = 20_000 } = options;
  durationOption("timeoutMs", timeoutMs, 1, 2 ** 31 - 1);
  const request = { service: nameOf(service) };
  const metadata = Metadata.from(headers ?? {});
  return {
    begin: (connection, parts, findings) => new Check(new OneConnection(connection, parts), parts, request, metadata, timeoutMs, findings),
  };
}

const FOR_EVER = { timeoutMs: Number.POSITIVE_INFINITY, idleTimeoutMs: Number.POSITIVE_INFINITY };

/** The watch of one connection. */
class Check implements RunningCheck, TimerTarget {
  private readonly runtime: Runtime;
  private readonly findings: CheckFindings;
  private readonly timeoutMs: number;
  private readonly timer: Timer = new Timer(this);
  private readonly watch: ReturnType<MethodCaller["serverStream"]>;
  private readonly about: string;

  constructor(
    origin: OneConnection,
    { runtime }: CallParts,
    request: { readonly service: string },
    headers: Metadata,
    timeoutMs: number,
    findings: CheckFindings,
  ) {
    this.runtime = runtime;
    this.findings = findings;
    this.timeoutMs = timeoutMs;
    this.about = request.service === "" ? "" : ` of ${request.service}`;
    runtime.timers.start(this.timer, runtime.now() + timeoutMs);
    this.watch = new MethodCaller(methodOf(Health.method.watch), origin, FOR_EVER).serverStream(request, { headers });
    void this.read();
  }

  stop(): void {
    this.runtime.timers.stop(this.timer);
    this.watch.cancel();
  }

  onTimer(): void {
    this.findings.failed(`the server did not say within ${this.timeoutMs} ms whether it serves${this.about}`);
  }

  private async read(): Promise<void> {
    try {
      for (;;) {
        const message = (await this.watch.receive()) as HealthCheckResponse | undefined;
        this.runtime.timers.stop(this.timer);
        if (message === undefined) break;
        const status = statusFromWire(message.status);
        if (status === "SERVING") this.findings.passed();
        else this.findings.failed(`the server says ${status}${this.about}`);
      }
      this.findings.failed(`the server does not say any more whether it serves${this.about}`);
    } catch (error) {
      this.runtime.timers.stop(this.timer);
      // a server that has no health is taken as it is, for as long as the connection lasts
      if (error instanceof RpcError && error.code === "unimplemented") this.findings.passed();
      else this.findings.failed(`the server cannot be asked whether it serves${this.about}: ${(error as Error).message}`);
    }
  }
}
