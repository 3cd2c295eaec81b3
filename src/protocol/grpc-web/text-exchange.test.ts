import assert from "node:assert/strict";
import { test } from "node:test";
import { ErrorCode } from "../../base/error-code.js";
import { Field } from "../../base/field.js";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";
import type { Exchange, ExchangeEnd, ExchangeEvents } from "../../exchange/exchange.js";
import { textExchange } from "./text-exchange.js";

const NOTHING = new Uint8Array(0);
const COMPLETE: ExchangeEnd = { kind: "complete", initiator: "peer", code: 0, unprocessed: false, message: "" };

/** The wire under a text exchange, and the call above it: what either of them is told. */
function pair() {
  const wire: string[] = [];
  const call: string[] = [];
  let events: ExchangeEvents | undefined;
  const inner: Exchange = {
    peer: { address: "x", encrypted: false },
    sendWindow: 100,
    fullDuplex: false,
    sendHead: (_prepared, _extra, end) => void wire.push(`head${end ? " end" : ""}`),
    sendData(prefix, bytes, end) {
      wire.push(`${decodeUtf8(prefix)}${decodeUtf8(bytes)}${end ? " end" : ""}`);
      return false;
    },
    sendTrailers: () => void wire.push("trailers"),
    respond: () => void wire.push("respond"),
    discardQueued: () => wire.push("discard") > 1,
    consume: (bytes) => void wire.push(`consume ${bytes}`),
    reset: (code) => void wire.push(`reset ${code}`),
    settled: () => void wire.push("settled"),
  };
  const exchange = textExchange(
    (given) => {
      events = given;
      return inner;
    },
    {
      onHead: (_fields, end) => void call.push(`head${end ? " end" : ""}`),
      onData: (chunk, start, end, fin) => void call.push(`[${chunk.slice(start, end)}]${fin ? " fin" : ""}`),
      onTrailers: () => void call.push("trailers"),
      onWritable: () => void call.push("writable"),
      onDraining: () => void call.push("draining"),
      onEnd: ({ kind, code, message }) => void call.push(`${kind} ${code} ${message}`.trim()),
    },
  );
  const receive = (text: string, fin = false): void => {
    const chunk = encodeUtf8(`#${text}#`);
    events?.onData(chunk, 1, chunk.length - 1, fin);
  };
  return { exchange, wire, call, receive, events: events as ExchangeEvents | undefined as ExchangeEvents };
}

test("each piece that is sent is padded base64 of prefix and bytes; the pace of the wire is told on", () => {
  const { exchange, wire } = pair();
  exchange.sendHead([], [], false);
  assert.equal(exchange.sendData(Uint8Array.of(0, 0, 0, 0, 1), Uint8Array.of(9), false), false);
  exchange.sendData(NOTHING, Uint8Array.of(1), false);
  exchange.sendData(NOTHING, NOTHING, true);
  assert.deepEqual(wire, ["head", "AAAAAAEJ", "AQ==", " end"]);
  assert.equal(exchange.sendWindow, 75);
  assert.equal(exchange.fullDuplex, false);
});

test("a response that is whole is one piece of base64", () => {
  const { exchange, wire } = pair();
  exchange.respond([], [], Uint8Array.of(0, 0, 0, 0, 1), Uint8Array.of(9), [], []);
  assert.deepEqual(wire, ["head", "AAAAAAEJ", "trailers"]);
});

test("what comes is decoded as its groups become whole; a chunk without a whole group tells nothing", () => {
  const { call, receive } = pair();
  receive("A");
  receive("Q=");
  assert.deepEqual(call, []);
  receive("=AQI");
  receive("=", true);
  assert.deepEqual(call, ["[1]", "[1,2] fin"]);
});

test("credit is given back in bytes of the wire, and all of it once everything is consumed", () => {
  const { exchange, wire, receive } = pair();
  receive("AQIDBAUG");
  exchange.consume(3);
  exchange.consume(3);
  assert.deepEqual(wire, ["consume 4", "consume 4"]);
  receive("AQ==AQ==AQ==");
  exchange.consume(1);
  exchange.consume(1);
  exchange.consume(1);
  assert.deepEqual(wire.slice(2), ["consume 9", "consume 1", "consume 2"], "and not before");
});

test("a body that is no base64, or ends within a group, ends the call at once, and its end is told once", () => {
  for (const [text, fin] of [
    ["AQ*=", false],
    ["AQI", true],
    ["====", false],
  ] as const) {
    const { wire, call, receive, events } = pair();
    receive("AQID");
    receive(text, fin);
    assert.deepEqual(wire, [`reset ${ErrorCode.PROTOCOL_ERROR}`]);
    assert.deepEqual(call, ["[1,2,3]", "reset 1 peer sent a body of application/grpc-web-text that is not base64"]);
    receive("AQID");
    events.onTrailers([]);
    events.onEnd(COMPLETE);
    assert.equal(call.length, 2);
  }
});

test("the answer of somebody who does not speak the protocol is no base64, and its credit goes back as it is", () => {
  const { exchange, wire, call, receive, events } = pair();
  events.onHead([new Field(":status", "502"), new Field("content-type", "text/html")], false);
  receive("<h1>");
  receive("", true);
  exchange.consume(4);
  assert.deepEqual(call, ["head", "[60,104,49,62]", "[] fin"]);
  assert.deepEqual(wire, ["consume 4"]);
});

test("everything else passes through", () => {
  const { exchange, wire, call, events } = pair();
  events.onHead([new Field("x", "1")], false);
  events.onWritable();
  events.onDraining();
  events.onTrailers([]);
  events.onEnd(COMPLETE);
  assert.deepEqual(call, ["head", "writable", "draining", "trailers", "complete 0"]);
  exchange.settled();
  exchange.reset(8);
  exchange.sendTrailers([], []);
  assert.equal(exchange.discardQueued(), true);
  assert.deepEqual(wire, ["settled", "reset 8", "trailers", "discard"]);
  const other = pair();
  assert.equal(other.exchange.discardQueued(), false);
});
