import {
  type Acceptor,
  type Dialect,
  dialectOfHead,
  ERROR_HEAD,
  errorBody,
  fields,
  NO_BYTES,
  NONE,
  OK,
  type RawExchange,
  type RawFields,
  type RawStatus,
} from "./dialect.js";

type RawEvents = ReturnType<Acceptor["onExchange"]>;

/** How the exchange ended for the server, by the transport's word. */
export interface RawEnd {
  kind: string;
  code: number;
  initiator: string;
}

/** The answer to a request, part by part, in the request's dialect. */
export class RawAnswer {
  readonly exchange: RawExchange;
  readonly dialect: Dialect;
  readonly request: RawFields;

  constructor(exchange: RawExchange, request: RawFields) {
    this.exchange = exchange;
    this.request = request;
    this.dialect = dialectOfHead(request);
  }

  /** A good head, with more fields, or others. */
  head(more: Readonly<Record<string, string>> = {}, end = false): this {
    this.exchange.sendHead(fields({ ":status": "200", "content-type": this.dialect.contentType, ...more }), NONE, end);
    return this;
  }

  message(bytes?: Uint8Array, flags?: number): this {
    return this.body(this.dialect.message(bytes, flags));
  }

  /** Bytes of the body, whatever they are. */
  body(bytes: Uint8Array, end = false): this {
    this.exchange.sendData(NO_BYTES, this.dialect.toWire(bytes), end);
    return this;
  }

  /** An answer that is not of the request's protocol. */
  foreign(httpStatus: string, contentType: string, body?: string, end = false): this {
    this.exchange.sendHead(fields({ ":status": httpStatus, "content-type": contentType }), NONE, false);
    if (body !== undefined) this.exchange.sendData(NO_BYTES, new Uint8Array(Buffer.from(body)), end);
    return this;
  }

  /** The end of a call whose head has gone; not with an error where that is the head's to say. */
  end(status: RawStatus = OK): this {
    const { dialect, exchange } = this;
    if (dialect.statusIn === "trailers") exchange.sendTrailers(dialect.trailers(status), NONE);
    else this.body(dialect.closing(status), true);
    return this;
  }

  /** The end of a call of which nothing has gone. */
  error(status: RawStatus): this {
    if (this.dialect.statusIn !== "head") return this.head().end(status);
    this.exchange.sendHead(ERROR_HEAD, NONE, false);
    return this.body(errorBody(status), true);
  }
}

/** A server without rules: answers each exchange as it is told, when the request's head is there. Without `reads` it takes no request. */
export function raw(answer: (answer: RawAnswer) => void, onEnd: (end: RawEnd) => void = () => {}, reads = true): () => Acceptor {
  return () => ({
    onExchange(exchange, head): RawEvents {
      const events = {
        onHead() {},
        onData(_chunk: Uint8Array, start: number, end: number) {
          if (reads) exchange.consume(end - start);
        },
        onTrailers() {},
        onWritable() {},
        onDraining() {},
        onEnd: (end: RawEnd) => onEnd(givenUp(exchange, end) ? { ...end, kind: "reset" } : end),
      };
      exchange.settled();
      answer(new RawAnswer(exchange, head));
      return events;
    },
  });
}

/** A connection of HTTP/1.1 carries one exchange: to close it is how a client resets that. */
function givenUp({ fullDuplex }: RawExchange, { kind, initiator }: RawEnd): boolean {
  return !fullDuplex && kind === "lost" && initiator === "peer";
}
