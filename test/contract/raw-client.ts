import { fields, type RawExchange, type RawFields } from "./raw-server.js";
import type { World } from "./world.js";

type Connection = ReturnType<World["channel"]["parts"]["connector"]>;

/** What came back for one request. */
export class RawResponse {
  head: RawFields | undefined = undefined;
  trailers: RawFields | undefined = undefined;
  bytes = 0;
  end: { kind: string; code: number } | undefined = undefined;
  exchange!: RawExchange;

  onHead(head: RawFields): void {
    this.head = head;
  }

  onData(_chunk: Uint8Array, start: number, end: number): void {
    this.bytes += end - start;
    this.exchange.consume(end - start);
  }

  onTrailers(trailers: RawFields): void {
    this.trailers = trailers;
  }

  onWritable(): void {}
  onDraining(): void {}

  onEnd(end: { kind: string; code: number }): void {
    this.end = end;
  }

  /** A field of the trailers, or of the head. */
  get(name: string): string | undefined {
    return [...(this.trailers ?? []), ...(this.head ?? [])].find((field) => field.name === name)?.value;
  }
}

/** A connection to the server on which nothing is sent but what the test says. */
export class RawClient {
  readonly #connection: Connection;

  constructor(world: World) {
    const ignore = () => {};
    this.#connection = world.channel.parts.connector({ onReady: ignore, onCapacity: ignore, onDraining: ignore, onClosed: ignore });
  }

  /** Opens an exchange with a request for the method; `init` changes or (with "") drops fields of its head. */
  request(path: string, init: Readonly<Record<string, string>> = {}, end = false): RawResponse {
    const head = {
      ":method": "POST",
      ":scheme": "http",
      ":authority": "memory",
      ":path": path,
      te: "trailers",
      "content-type": "application/grpc",
      ...init,
    };
    const response = new RawResponse();
    response.exchange = this.#connection.open(response);
    response.exchange.sendHead(fields(Object.fromEntries(Object.entries(head).filter(([, value]) => value !== ""))), fields({}), end);
    return response;
  }

  close(): void {
    this.#connection.destroy("the test is over");
  }
}
