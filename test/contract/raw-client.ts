import { type Dialect, dialectOf, fields, find, NO_BYTES, NONE, type RawExchange, type RawFields, type RawStatus } from "./dialect.js";
import type { World } from "./world.js";

type Connection = ReturnType<World["channel"]["parts"]["connector"]>;

/** One request, part by part, and what came back for it. */
export class RawCall {
  readonly dialect: Dialect;
  responseHead: RawFields | undefined = undefined;
  responseTrailers: RawFields | undefined = undefined;
  endedBy: { kind: string; code: number } | undefined = undefined;
  exchange!: RawExchange;
  private readonly chunks: Uint8Array[] = [];

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  message(bytes?: Uint8Array, flags?: number): this {
    return this.body(this.dialect.message(bytes, flags));
  }

  /** Bytes of the body, whatever they are. */
  body(bytes: Uint8Array, end = false): this {
    this.exchange.sendData(NO_BYTES, this.dialect.toWire(bytes), end);
    return this;
  }

  end(): this {
    this.exchange.sendData(NO_BYTES, NO_BYTES, true);
    return this;
  }

  /** The body of the response so far. */
  get response(): Uint8Array {
    return this.dialect.fromWire(new Uint8Array(Buffer.concat(this.chunks)));
  }

  /** How the response says that the call ended. */
  get status(): RawStatus | undefined {
    const { responseHead: head, responseTrailers: trailers = NONE, response: body } = this;
    return head === undefined ? undefined : this.dialect.read({ head, body, trailers });
  }

  /** A field of the response's head. */
  get(name: string): string | undefined {
    return find(this.responseHead ?? NONE, name);
  }

  onHead(head: RawFields): void {
    this.responseHead = head;
  }

  onData(chunk: Uint8Array, start: number, end: number): void {
    this.chunks.push(chunk.slice(start, end));
    this.exchange.consume(end - start);
  }

  onTrailers(trailers: RawFields): void {
    this.responseTrailers = trailers;
  }

  onWritable(): void {}
  onDraining(): void {}

  onEnd(end: { kind: string; code: number }): void {
    this.endedBy = end;
  }
}

/** A connection to the server on which nothing is sent but what the test says, in the world's protocol. */
export class RawClient {
  /** HTTP/1.1 carries one exchange at a time, so that there are some in reserve. */
  readonly #connections: readonly Connection[];
  readonly #world: World;

  constructor(world: World) {
    const ignore = () => {};
    this.#world = world;
    const events = { onReady: ignore, onCapacity: ignore, onDraining: ignore, onClosed: ignore };
    this.#connections = Array.from({ length: world.carrier === "http1" ? 4 : 1 }, () => world.channel.parts.connector(events));
  }

  /** Opens an exchange with a request for the method; `init` changes or (with "") drops fields of its head. */
  request(path: string, init: Readonly<Record<string, string>> = {}, end = false): RawCall {
    const call = new RawCall(dialectOf(this.#world.protocol, path));
    const head = {
      ":method": "POST",
      ":scheme": "http",
      ":authority": "memory",
      ":path": path,
      te: "trailers",
      "content-type": call.dialect.contentType,
      ...call.dialect.own,
      ...init,
    };
    const free = this.#connections.find(({ capacity }) => capacity > 0) ?? (this.#connections[0] as Connection);
    call.exchange = free.open(call);
    call.exchange.sendHead(fields(Object.fromEntries(Object.entries(head).filter(([, value]) => value !== ""))), NONE, end);
    return call;
  }

  close(): void {
    for (const connection of this.#connections) connection.destroy("the test is over");
  }
}
