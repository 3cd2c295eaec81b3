import { Field } from "sluice/http2";
import type { inMemory } from "sluice/testing";

type Acceptor = ReturnType<NonNullable<Parameters<typeof inMemory>[0]["acceptor"]>>;
export type RawExchange = Parameters<Acceptor["onExchange"]>[0];
export type RawFields = Parameters<Acceptor["onExchange"]>[1];
type RawEvents = ReturnType<Acceptor["onExchange"]>;

export function fields(init: Readonly<Record<string, string>>): RawFields {
  return Object.entries(init).map(([name, value]) => new Field(name, value));
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);
export const HEAD: RawFields = fields({ ":status": "200", "content-type": "application/grpc" });
export const OK: RawFields = fields({ "grpc-status": "0" });

/** A message as it stands in a body: `Payload { id }`, or what is given. */
export function envelope(message: Uint8Array = Uint8Array.of(8, 1), flags = 0): Uint8Array {
  return Uint8Array.of(flags, 0, 0, message.length >> 8, message.length & 255, ...message);
}

/** How the exchange ended for the server, by the transport's word. */
export interface RawEnd {
  kind: string;
  code: number;
}

/** A server without rules: answers each exchange as it is told, when the request's head is there. Without `reads` it takes no request. */
export function raw(
  answer: (exchange: RawExchange, head: RawFields) => void,
  onEnd: (end: RawEnd) => void = () => {},
  reads = true,
): () => Acceptor {
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
        onEnd,
      };
      exchange.settled();
      answer(exchange, head);
      return events;
    },
  });
}
