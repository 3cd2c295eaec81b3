import { type Acceptor, type Dialect, dialectOfHead, NONE, type RawExchange, type RawFields } from "./dialect.js";

type Events = ReturnType<Acceptor["onExchange"]>;

/** Where resets have no codes, and nobody can tell who left from who was lost. */
export const BROKEN_OFF = "broken off";

const RESETS: Readonly<Record<number, string>> = { 0: "NO_ERROR", 2: "INTERNAL_ERROR", 7: "REFUSED_STREAM", 8: "CANCEL" };

/**
 * What each side of the last exchange said on the wire, in the words of HTTP/2, several pieces of data as one; `status:5` is the status of
 * the call, wherever the protocol says it. The server stands at the wire's end: it sees what the client said, and what it said itself before the
 * end.
 */
export class Wire {
  #client: string[] = [];
  #server: string[] = [];

  get client(): string {
    return this.#client.join(" ");
  }

  get server(): string {
    return this.#server.join(" ");
  }

  /** Goes between the transport and the server. */
  readonly tap = (server: Acceptor): Acceptor => ({
    onExchange: (exchange, head, end) => {
      this.#client = ["HEADERS"];
      this.#server = [];
      if (end) this.#say(this.#client, "END_STREAM");
      const state = { over: false };
      return this.#heard(server.onExchange(this.#said(exchange, dialectOfHead(head), state), head, end), exchange.fullDuplex, state);
    },
  });

  #say(side: string[], word: string): void {
    if (side.at(-1) !== word) side.push(word);
  }

  #said(exchange: RawExchange, dialect: Dialect, state: { over: boolean }): RawExchange {
    const say = (word: string) => {
      if (!state.over) this.#say(this.#server, word);
    };
    const told: Partial<RawExchange> = {
      sendHead: (prepared: RawFields, extra: RawFields, end: boolean) => {
        say("HEADERS");
        if (end) say(statusIn(dialect, [...prepared, ...extra], NO_BYTES, NONE));
        exchange.sendHead(prepared, extra, end);
      },
      sendData: (prefix: Uint8Array, bytes: Uint8Array, end: boolean) => {
        // the end of a body stands in a piece of its own
        say(end ? statusIn(dialect, NONE, bytes, NONE) : "DATA");
        return exchange.sendData(prefix, bytes, end);
      },
      sendTrailers: (prepared: RawFields, extra: RawFields) => {
        say(statusIn(dialect, NONE, NO_BYTES, [...prepared, ...extra]));
        exchange.sendTrailers(prepared, extra);
      },
      respond: (...all: Parameters<RawExchange["respond"]>) => {
        for (const word of ["HEADERS", "DATA", statusIn(dialect, NONE, NO_BYTES, [...all[4], ...all[5]])]) say(word);
        exchange.respond(...all);
      },
      reset: (code: number) => {
        say(`RST_STREAM(${RESETS[code]})`);
        exchange.reset(code);
      },
    };
    return new Proxy(exchange, {
      get(target, name) {
        const value: unknown = Reflect.get(told, name) ?? Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #heard(events: Events, codes: boolean, state: { over: boolean }): Events {
    return {
      onHead: (fields, end) => events.onHead(fields, end),
      onData: (chunk, start, end, fin) => {
        if (end > start) this.#say(this.#client, "DATA");
        if (fin) this.#say(this.#client, "END_STREAM");
        events.onData(chunk, start, end, fin);
      },
      onTrailers: (fields) => events.onTrailers(fields),
      onWritable: () => events.onWritable(),
      onDraining: () => events.onDraining(),
      onEnd: (end) => {
        state.over = true;
        if (end.kind === "lost") this.#say(this.#client, codes ? "lost" : BROKEN_OFF);
        else if (end.kind === "reset" && end.initiator === "peer")
          this.#say(this.#client, codes ? `RST_STREAM(${RESETS[end.code]})` : BROKEN_OFF);
        events.onEnd(end);
      },
    };
  }
}

const NO_BYTES = new Uint8Array(0);

function statusIn(dialect: Dialect, head: RawFields, wire: Uint8Array, trailers: RawFields): string {
  return `status:${dialect.read({ head, body: dialect.fromWire(wire), trailers })?.code}`;
}
