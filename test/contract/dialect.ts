import type { ProtocolName } from "sluice";
import { Field } from "sluice/http2";
import type { inMemory } from "sluice/testing";

/** What the transport calls. */
export type Acceptor = ReturnType<NonNullable<Parameters<typeof inMemory>[0]["acceptor"]>>;
export type RawExchange = Parameters<Acceptor["onExchange"]>[0];
export type RawFields = Parameters<Acceptor["onExchange"]>[1];

export function fields(init: Readonly<Record<string, string>>): RawFields {
  return Object.entries(init).map(([name, value]) => new Field(name, value));
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);
export const NONE: RawFields = fields({});

/** How a call stands on the wire, for raw clients and servers: one for each protocol, and one more for unary calls that are plain HTTP. */
export interface Dialect {
  readonly name: ProtocolName | "connect unary" | "triple unary";
  readonly contentType: string;
  /** The field that names the compression of a body. */
  readonly encoding: string;
  /** Where a response says how the call ended. */
  readonly statusIn: "trailers" | "body" | "head";
  /** The flags of the last envelope, where the status stands in the body. */
  readonly closingFlags: number;
  /** What stands in every request beside the content-type. */
  readonly own: Readonly<Record<string, string>>;
  /** The field of a time-out of whole milliseconds. */
  timeout(ms: number): Readonly<Record<string, string>>;
  /** A message as it stands in a body: `Payload { id: 1 }`, or what is given. */
  message(bytes?: Uint8Array, flags?: number): Uint8Array;
  /** What follows the messages: fields of trailers, or the last envelope. Not where the head says it. */
  trailers(status: RawStatus): RawFields;
  closing(status: RawStatus): Uint8Array;
  /** A body as it goes over the wire, and back. */
  toWire(body: Uint8Array): Uint8Array;
  fromWire(wire: Uint8Array): Uint8Array;
  /** What a whole response says. */
  read(response: { head: RawFields; body: Uint8Array; trailers: RawFields }): RawStatus | undefined;
}

export interface RawStatus {
  readonly code: number;
  readonly message: string;
}

export const OK: RawStatus = { code: 0, message: "" };

/** The names of the codes as Connect spells them, by number. */
const CONNECT_CODES: readonly string[] = (
  "ok canceled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted " +
  "failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated"
).split(" ");

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const utf8 = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** An envelope around the bytes. */
export function envelope(bytes: Uint8Array = PAYLOAD, flags = 0): Uint8Array {
  const { length } = bytes;
  const whole = new Uint8Array(5 + length);
  whole.set([flags, length >>> 24, length >>> 16, length >>> 8, length]);
  whole.set(bytes, 5);
  return whole;
}

/** `Payload { id: 1 }`. */
const PAYLOAD = Uint8Array.of(8, 1);

export function find(list: RawFields, name: string): string | undefined {
  return list.find((field) => field.name === name)?.value;
}

function grpcStatus(list: RawFields): RawStatus | undefined {
  const code = find(list, "grpc-status");
  return code === undefined ? undefined : { code: Number(code), message: decodeURIComponent(find(list, "grpc-message") ?? "") };
}

/** What stands in the last envelope of a body. */
function lastEnvelope(body: Uint8Array): { flags: number; bytes: Uint8Array } | undefined {
  let last: { flags: number; bytes: Uint8Array } | undefined;
  for (let at = 0; at + 5 <= body.length; ) {
    const length = new DataView(body.buffer, body.byteOffset + at).getUint32(1);
    last = { flags: body[at] as number, bytes: body.subarray(at + 5, at + 5 + length) };
    at += 5 + length;
  }
  return last;
}

function connectError(json: unknown): RawStatus {
  const { code = "", message = "" } = json as { code?: string; message?: string };
  return { code: CONNECT_CODES.indexOf(code), message };
}

const same = (bytes: Uint8Array): Uint8Array => bytes;

const grpc: Dialect = {
  name: "grpc",
  contentType: "application/grpc",
  encoding: "grpc-encoding",
  statusIn: "trailers",
  closingFlags: -1,
  own: {},
  timeout: (ms) => ({ "grpc-timeout": `${ms}m` }),
  message: envelope,
  trailers: ({ code, message }) => fields({ "grpc-status": String(code), "grpc-message": encodeURIComponent(message) }),
  closing: () => NO_BYTES,
  toWire: same,
  fromWire: same,
  read: ({ head, trailers }) => grpcStatus(trailers) ?? grpcStatus(head),
};

const grpcWeb: Dialect = {
  ...grpc,
  name: "grpc-web",
  contentType: "application/grpc-web",
  statusIn: "body",
  closingFlags: 0x80,
  trailers: () => NONE,
  closing: (status) => envelope(utf8(grpc.trailers(status).reduce((all, { name, value }) => `${all}${name}: ${value}\r\n`, "")), 0x80),
  read({ head, body }) {
    const last = lastEnvelope(body);
    if (last?.flags !== 0x80) return grpcStatus(head);
    const lines = text(last.bytes).split("\r\n").filter(Boolean);
    return grpcStatus(fields(Object.fromEntries(lines.map((line) => line.split(": ", 2) as [string, string]))));
  },
};

/** Pieces of a body in base64 may be padded each. */
function fromBase64(wire: Uint8Array): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      text(wire)
        .match(/[^=]+=*/g)
        ?.map((piece) => Buffer.from(piece, "base64")) ?? [],
    ),
  );
}

const grpcWebText: Dialect = {
  ...grpcWeb,
  name: "grpc-web-text",
  contentType: "application/grpc-web-text",
  toWire: (body) => utf8(Buffer.from(body).toString("base64")),
  fromWire: fromBase64,
};

const connect: Dialect = {
  ...grpcWeb,
  name: "connect",
  contentType: "application/connect+proto",
  encoding: "connect-content-encoding",
  closingFlags: 2,
  timeout: (ms) => ({ "connect-timeout-ms": String(ms) }),
  closing: ({ code, message }) => envelope(utf8(JSON.stringify(code === 0 ? {} : { error: { code: CONNECT_CODES[code], message } })), 2),
  read({ head, body }) {
    const last = lastEnvelope(body);
    if (last?.flags !== 2) return find(head, ":status") === "200" ? undefined : connectError(JSON.parse(text(body)));
    const { error } = JSON.parse(text(last.bytes)) as { error?: unknown };
    return error === undefined ? OK : connectError(error);
  },
};

const connectUnary: Dialect = {
  ...connect,
  name: "connect unary",
  contentType: "application/proto",
  encoding: "content-encoding",
  statusIn: "head",
  closingFlags: -1,
  message: (bytes = PAYLOAD) => bytes,
  closing: () => NO_BYTES,
  read: ({ head, body }) => (find(head, ":status") === "200" ? OK : connectError(JSON.parse(text(body)))),
};

/** As Dubbo Java writes it. */
const triple: Dialect = {
  ...grpc,
  name: "triple",
  own: { "tri-protocol-version": "1.0.0" },
  timeout: (ms) => ({ "tri-service-timeout": String(ms) }),
};

/** As dubbo-go 3.3.0 writes it. */
const tripleUnary: Dialect = {
  ...connectUnary,
  name: "triple unary",
  own: { "triple-protocol-version": "0.1.0" },
  timeout: (ms) => ({ "triple-timeout-ms": String(ms) }),
};

const DIALECTS: Readonly<Record<ProtocolName, Dialect>> = {
  grpc,
  "grpc-web": grpcWeb,
  "grpc-web-text": grpcWebText,
  connect,
  triple,
};

/** How calls of the method at this path stand on the wire. */
export function dialectOf(protocol: ProtocolName, path: string): Dialect {
  if (!path.endsWith("/Unary")) return DIALECTS[protocol];
  return protocol === "connect" ? connectUnary : protocol === "triple" ? tripleUnary : DIALECTS[protocol];
}

/** Whether a unary call of the protocol is plain HTTP: its message is the body, its status the head's. */
export function hasPlainUnary(protocol: ProtocolName): boolean {
  return protocol === "connect" || protocol === "triple";
}

/** The same, by a request's head. */
export function dialectOfHead(head: RawFields): Dialect {
  const type = find(head, "content-type");
  const said = (dialect: Dialect) => Object.keys(dialect.own).every((name) => find(head, name) !== undefined);
  const all = [triple, grpc, grpcWeb, grpcWebText, connect, tripleUnary, connectUnary];
  return all.find((dialect) => dialect.contentType === type && said(dialect)) ?? connectUnary;
}

/** The head of an error of a unary call that is plain HTTP, whose status it says. */
export const ERROR_HEAD: RawFields = fields({ ":status": "500", "content-type": "application/json" });

/** The JSON of such an error. */
export function errorBody({ code, message }: RawStatus): Uint8Array {
  return utf8(JSON.stringify({ code: CONNECT_CODES[code], message }));
}

/** A request's head with another time-out, as if the peers' clocks were not one. */
export function withTimeout(head: RawFields, ms: number): RawFields {
  return head.map((field) => {
    const told = dialectOfHead(head).timeout(ms)[field.name];
    return told === undefined ? field : { ...field, value: told };
  });
}
