import { type BidiCall, type Client, createClient, type Outcome, RpcError } from "sluice";
import type { HandlerContext, Requests, Responses } from "sluice/server";
import { type InMemory, type InMemoryTransport, inMemory, type VirtualRuntime } from "sluice/testing";
import { Bench } from "../../gen/bench_pb.js";
import type { Setting } from "./setting.js";

/** How the kernel is driven, beside what the reference knows of. */
export interface Drive {
  readonly transport: InMemoryTransport;
  /** Outcome, headers, signal and `done` are asked for only at the end; else at the beginning, and the outcome's continuation cancels. */
  readonly lazy: boolean;
}

/** Bytes of every message with its prefix: the window is counted in messages. */
const BODY = new Uint8Array(50);
const MESSAGE_BYTES = 5 + 2 + 2 + BODY.length;
export const DEADLINE_MS = 10_000;
export const CLOSING_MS = 100;

type Handle = BidiCall<Message, { id: number }>;

type Message = { id?: number; body?: Uint8Array };

/** What the handler of a running call holds. */
interface Handling {
  readonly context: HandlerContext;
  readonly requests: Requests<{ id: number }>;
  /** Undefined where the method answers with one message. */
  readonly out: Responses<Message> | undefined;
  readonly settle: { resolve(value?: unknown): void; reject(error: unknown): void };
  outcome: string;
  signal: AbortSignal | undefined;
  draining: AbortSignal | undefined;
}

const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));

/** A client and a server, for one call after another. */
export class Kernel {
  readonly setting: Setting;
  readonly drive: Drive;
  private readonly world: InMemory;
  private readonly runtime: VirtualRuntime;
  private readonly client: Client<typeof Bench>;
  private picks = 0;
  private dones = 0;
  private warm = false;
  /** The one call, while it runs. */
  private ops: string[] = [];
  private receiveAborts: AbortController[] = [];
  private sendAborts: AbortController[] = [];
  private handle: Handle | undefined = undefined;
  private abort = new AbortController();
  private handling: Handling | undefined = undefined;
  private headers = "-";
  private outcome = "";
  private outcomes = 0;
  private looked = false;
  private sent = 0;
  private answered = 0;
  private rests = false;
  private startedAt = 0;

  constructor(setting: Setting, drive: Drive) {
    this.setting = setting;
    this.drive = drive;
    const begin = (requests: unknown, context: HandlerContext, out?: unknown) => this.begin(requests, context, out) as Promise<never>;
    const impl = { unary: begin, server: begin, client: begin, bidi: begin };
    const bytes = Number.isFinite(setting.window) ? setting.window * MESSAGE_BYTES : 65_536;
    this.world = inMemory({
      transport: drive.transport,
      memory: { creditBytes: bytes, highWaterBytes: Number.isFinite(setting.window) ? 1 : 65_536 },
      routes: (router) => router.service(Bench, impl),
      channel: {
        picker: {
          pick: ([connection]) => {
            if (connection === undefined) return undefined;
            this.picks++;
            return { connection, done: () => void this.dones++ };
          },
        },
      },
    });
    this.runtime = this.world.runtime;
    this.client = createClient(Bench, this.world.channel, {
      closeMaxBytes: Math.max(0, setting.closeMax) * MESSAGE_BYTES,
      closeTimeoutMs: setting.closeMax < 0 ? 0 : CLOSING_MS,
    });
  }

  /** Makes the call. */
  start(): void {
    this.ops = [];
    this.receiveAborts = [];
    this.sendAborts = [];
    this.abort = new AbortController();
    this.handle = undefined;
    this.handling = undefined;
    this.headers = "-";
    this.outcome = "";
    this.outcomes = 0;
    this.looked = false;
    this.sent = 0;
    this.answered = 0;
    this.rests = false;
    this.startedAt = this.runtime.now();
    const options = {
      timeoutMs: DEADLINE_MS,
      ...(this.setting.kind === "unary" ? { signal: this.abort.signal } : {}),
      ...(this.setting.cancelOnHeaders ? { onHeaders: () => this.cancel() } : {}),
    };
    const { kind } = this.setting;
    const request = { id: 1, body: BODY };
    if (kind === "unary") {
      this.record(
        this.client.unary(request, options).then(
          (message) => this.replied(message),
          (error) => this.replyFailed(error),
        ),
      );
      return;
    }
    if (kind === "server") this.handle = this.client.server(request, options) as unknown as Handle;
    else if (kind === "client") this.handle = this.client.client(options) as unknown as Handle;
    else this.handle = this.client.bidi(options);
    if (!this.drive.lazy) this.look(true);
  }

  private replied(message: { id: number }): { id: number } {
    this.setOutcome("ok/peer");
    return message;
  }

  private replyFailed(error: RpcError): never {
    this.setOutcome(`${error.code}/${error.initiator}`);
    throw error;
  }

  /** Brings a connection up. */
  async warmUp(): Promise<void> {
    if (this.warm) return;
    void this.client.unary({});
    await this.rest();
    this.handling?.settle.resolve({});
    await this.rest();
    this.warm = true;
  }

  private begin(requests: unknown, context: HandlerContext, out: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const held = { requests, out, context } as Pick<Handling, "requests" | "out" | "context">;
      this.handling = { ...held, settle: { resolve, reject }, outcome: "", signal: undefined, draining: undefined };
      if (!this.drive.lazy) this.lookAtServer(this.handling);
    });
  }

  private lookAtServer(handling: Handling): void {
    if (handling.signal !== undefined) return;
    const { context } = handling;
    handling.signal = context.signal as AbortSignal;
    handling.draining = context.draining as AbortSignal;
    void context.done.then(({ code, initiator }) => {
      handling.outcome += `${code}/${initiator}`;
    });
  }

  /** Asks for the views of the call. */
  private look(cancels: boolean): void {
    const { handle } = this;
    if (handle === undefined || this.looked) return;
    this.looked = true;
    void handle.outcome.then((outcome) => {
      this.setOutcome(text(outcome));
      if (cancels) handle.cancel("after the end");
    });
    void handle.headers.then(
      () => void (this.headers = "ok"),
      (error) => void (this.headers = `E ${error.code}`),
    );
  }

  private setOutcome(end: string): void {
    this.outcome = end;
    this.outcomes++;
  }

  // ---- inputs

  input(input: string): void {
    const { handle, handling } = this;
    if (input === "cancel") this.cancel();
    else if (input === "send") this.send(handle as Handle, ++this.sent);
    else if (input === "half-close") this.halfClose(handle as Handle & { finish(): Promise<unknown> });
    else if (input === "recv") this.try(() => handle?.receive({ signal: this.newSignal(this.receiveAborts) }));
    else if (input === "recv+") this.try(() => this.thenClose(handle as Handle));
    else if (input === "abort recv") abortAll(this.receiveAborts);
    else if (input === "abort send") abortAll(this.sendAborts);
    else if (input === "close") this.close(handle as Handle);
    else if (input === "closing time") this.runtime.advance(CLOSING_MS);
    else if (input === "deadline") this.runtime.advance(Math.max(0, this.startedAt + DEADLINE_MS - this.runtime.now()));
    else if (input === "cut") this.world.cut();
    else if (input === "drain") this.world.server.drain();
    else if (handling !== undefined) this.serverInput(handling, input);
    if (input === "cut" || input === "drain") this.warm = false;
  }

  private serverInput(handling: Handling, input: string): void {
    const { requests, out, settle } = handling;
    if (input === "s.recv") this.try(() => requests.receive());
    else if (input === "s.send") this.try(() => out?.send({ id: ++this.answered, body: BODY })?.then(accepted));
    else if (input === "s.headers") handling.context.sendHeaders();
    else if (input === "s.break") void requests[Symbol.asyncIterator]().return?.();
    else if (!this.rests) {
      this.rests = true;
      if (input === "s.return") settle.resolve(handling.out === undefined ? { id: 1, body: BODY } : undefined);
      else settle.reject(new RpcError("aborted", "by the handler"));
    }
  }

  private cancel(): void {
    if (this.handle === undefined) this.abort.abort();
    else this.handle.cancel();
  }

  private send(handle: Handle, id: number): void {
    this.try(() => handle.send({ id, body: BODY }, { signal: this.newSignal(this.sendAborts) })?.then(accepted));
  }

  private halfClose(handle: Handle & { finish(): Promise<unknown> }): void {
    if (this.setting.kind === "client") this.record(handle.finish());
    else handle.closeSend();
  }

  private newSignal(aborts: AbortController[]): AbortSignal {
    const controller = new AbortController();
    aborts.push(controller);
    return controller.signal;
  }

  private thenClose(handle: Handle): Promise<unknown> {
    const received = handle.receive();
    const close = () => this.close(handle);
    received.then(close, close);
    return received;
  }

  private close(handle: Handle): void {
    this.record(handle.close().then(text));
  }

  private try(operation: () => Promise<unknown> | undefined): void {
    try {
      this.record(operation());
    } catch (error) {
      this.ops.push((error as Error).name === "UsageError" ? "usage" : `threw ${error}`);
    }
  }

  /** Notes what a promise comes to, in the words of the reference. */
  private record(promise: Promise<unknown> | undefined): void {
    const index = this.ops.push(promise === undefined ? "ok" : "-") - 1;
    const { ops } = this;
    promise?.then(
      (value) => {
        ops[index] = said(value);
      },
      (error) => {
        ops[index] = `E ${error.code ?? error}`;
      },
    );
  }

  // ---- what is seen

  /** Everything that can happen without time has happened. */
  async rest(): Promise<void> {
    do {
      this.runtime.run();
      await turn();
    } while (this.runtime.pendingTasks > 0);
  }

  /** What is seen of the call, at rest, in the words of the reference. */
  async seen(): Promise<string> {
    if (this.drive.lazy) {
      this.look(false);
      if (this.handling !== undefined) this.lookAtServer(this.handling);
      await turn();
    }
    const { handling } = this;
    const signal = handling?.signal;
    const views = [this.outcome, handling?.outcome ?? "", this.headersSeen(), signal?.aborted ? signal.reason.code : ""];
    const client = this.world.channel.statistics();
    const server = this.world.server.statistics();
    const held = [client.openCalls, client.openStreams, server.openCalls, server.openStreams, server.runningHandlers];
    return JSON.stringify([this.ops, ...views, handling?.draining?.aborted ?? false, ...held]);
  }

  private headersSeen(): string {
    return this.handle === undefined ? "" : this.headers;
  }

  /** After the end of everything: what is held, or was done more or less often than once. */
  leftovers(): string[] {
    const { channel, server } = this.world;
    const left = Object.entries({ ...channel.statistics(), ...server.statistics() }).filter(
      ([name, value]) => value !== 0 && !/^(settled|openConnections|timers|idleTimeouts|abandonedStreams)|total/i.test(name),
    );
    const found = left.map(([name, value]) => `${name}: ${value}`);
    const timers = channel.statistics().openConnections === 0 ? this.runtime.timers.size : 0;
    if (timers !== 0) found.push(`${timers} timers`);
    if (this.runtime.held !== 0) found.push(`held ${this.runtime.held} times`);
    if (this.picks !== this.dones) found.push(`${this.picks} attempts were picked, ${this.dones} are done`);
    if (this.ops.includes("-")) found.push(`a promise waits for ever: ${this.ops}`);
    if (this.outcomes !== 1) found.push(`the call ended ${this.outcomes} times`);
    if (unhandled.length > 0) found.push(`nobody handled ${unhandled.splice(0)}`);
    return found;
  }
}

function abortAll(aborts: readonly AbortController[]): void {
  for (const controller of aborts) controller.abort();
}

function accepted(): string {
  return "ok";
}

function said(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? `m${(value as { id: number }).id}` : "none";
}

function text({ code, initiator }: Outcome): string {
  return `${code}/${initiator}`;
}

/** All microtasks have run. */
function turn(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
