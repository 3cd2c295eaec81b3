import type { TestContext } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { type Client, connect, createClient } from "sluice/page";
import { Bench, PayloadSchema } from "../../gen/bench_pb.js";

/** One request as fetch was asked for it. */
export interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

/** A fetch whose answers are written by hand. As platforms do, it ends request and body when the signal aborts. */
export class ScriptedFetch {
  readonly asked: Asked[] = [];
  readonly client: Client<typeof Bench> = createClient(
    Bench,
    connect("http://server.test/api/", { fetch: (url, init) => this.#fetch(url, init) }),
  );
  /** How often the platform was asked for more of the body than there was. */
  pulls = 0;
  /** Whether nobody wants the rest of the body. */
  cancelled = false;
  #respond!: (response: Response) => void;
  #reject!: (error: unknown) => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;

  #fetch(url: unknown, init: RequestInit = {}): Promise<Response> {
    const signal = init.signal as AbortSignal;
    this.asked.push({ url: String(url), init, headers: new Headers(init.headers), body: init.body as Uint8Array, signal });
    return new Promise((resolve, reject) => {
      this.#respond = resolve;
      this.#reject = reject;
      signal.addEventListener("abort", () => this.fail(signal.reason));
    });
  }

  get last(): Asked {
    const asked = this.asked.at(-1);
    if (asked === undefined) throw new Error("nothing was asked for");
    return asked;
  }

  /** The head of the answer. */
  head(status: number, headers: Record<string, string>, type?: string): void {
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#body = controller;
        },
        pull: () => {
          this.pulls++;
        },
        cancel: () => {
          this.cancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    const response = new Response(body, { status: status || 200, headers });
    if (type !== undefined) Object.defineProperties(response, { type: { value: type }, status: { value: status } });
    this.#respond(response);
  }

  /** Body bytes, a chunk each. */
  send(...chunks: Uint8Array[]): void {
    if (!this.last.signal.aborted) for (const chunk of chunks) this.#body?.enqueue(chunk);
  }

  /** The body is whole with these bytes. */
  finish(...chunks: Uint8Array[]): void {
    this.send(...chunks);
    if (!this.last.signal.aborted) this.#body?.close();
  }

  /** The request fails, or its body breaks off. */
  fail(error: unknown): void {
    this.#reject(error);
    try {
      this.#body?.error(error);
    } catch {
      // it had ended
    }
  }
}

export const STREAM: Record<string, string> = { "content-type": "application/connect+proto" };
export const UNARY: Record<string, string> = { "content-type": "application/proto" };

/** A message of the service. */
export function payload(id: number): Uint8Array {
  return toBinary(PayloadSchema, create(PayloadSchema, { id }));
}

/** Content with its prefix, as it stands in a stream. `length`: what the prefix says. */
export function envelope(content: Uint8Array | string, flags = 0, length?: number): Uint8Array {
  const bytes = Buffer.from(content as string);
  const prefix = Buffer.alloc(5);
  prefix[0] = flags;
  prefix.writeUInt32BE(length ?? bytes.length, 1);
  return new Uint8Array(Buffer.concat([prefix, bytes]));
}

export const END: Uint8Array = envelope("{}", 2);

/** Takes clock and timers away from the platform; returns what makes time pass. */
export function virtualTime(t: TestContext): (ms: number) => Promise<void> {
  let now = 1_000;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => now);
  return async (ms) => {
    now += ms;
    t.mock.timers.tick(ms);
    await settled();
  };
}

/** Resolves when what can happen without time and network has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
