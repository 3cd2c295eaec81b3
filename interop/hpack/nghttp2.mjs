// Against nghttp2, which node:http2 is made of: its client talks to a bare server that has nothing but our HPACK.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, sensitiveHeaders } from "node:http2";
import { createServer } from "node:net";
import { Field } from "../../dist/base/field.js";
import { HpackDecoder, HpackEncoder } from "../../dist/http2/hpack/index.js";
import { Flag, FRAME_HEAD, frame, PREFACE, Setting, settings, Type } from "../raw/frames.mjs";
import { asciiLetter, lines, randomFields, randomNumbers } from "./fields.mjs";

const SESSIONS = 6;
const REQUESTS = 120;

export const nghttp2Checks = [["both ways with nghttp2 (node:http2)", exchangeBoth]];

async function exchangeBoth() {
  let blocks = 0;
  for (let seed = 1; seed <= SESSIONS; seed++) blocks += await oneSession(randomNumbers(seed * 8191));
  return blocks;
}

async function oneSession(next) {
  const received = [];
  const answers = [];
  const lists = Array.from({ length: 8 }, () => [new Field(":status", next(2) === 0 ? "200" : "418"), ...responseFields(next)]);
  const server = createServer((socket) => {
    new BareServer(socket, next, received, () => {
      const parts = [lists[next(lists.length)], responseFields(next)];
      answers.push(parts.flat());
      return parts;
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const session = connect(`http://127.0.0.1:${server.address().port}`);
  try {
    // Failures of the session reject what waits for it below.
    const failed = new Promise((_, reject) => session.on("error", reject));
    failed.catch(() => {});
    for (let i = 0; i < REQUESTS; i++) {
      if (next(10) === 0) await Promise.race([failed, setHeaderTableSize(session, next(3) === 0 ? 0 : next(8192))]);
      const sent = requestFields(next, i);
      const headers = Object.fromEntries(sent.map((field) => [field.name, field.value]));
      const stream = session.request({
        ...headers,
        [sensitiveHeaders]: sent.filter((field) => field.sensitive).map((field) => field.name),
      });
      const [, , raw] = await Promise.race([failed, once(stream, "response")]);
      stream.resume();
      assert.equal(sorted(received[i]), sorted(sent));
      for (const field of sent) if (field.sensitive) assert.equal(received[i].find((other) => other.name === field.name).sensitive, true);
      assert.equal(sorted(pairs(raw)), sorted(answers[i]));
    }
  } finally {
    session.destroy();
    server.close();
  }
  return 2 * REQUESTS;
}

function setHeaderTableSize(session, size) {
  return new Promise((resolve, reject) => {
    session.settings({ headerTableSize: size }, (error) => (error ? reject(error) : resolve()));
  });
}

function requestFields(next, number) {
  const pseudo = [
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", "localhost"],
    [":path", `/service/${next(5)}/${number}`],
  ];
  return [...pseudo.map(([name, value]) => new Field(name, value)), ...distinct(randomFields(next, next(6), asciiLetter))];
}

/** Names of their own each, for node:http2 joins the values of one name. */
function responseFields(next) {
  return distinct(randomFields(next, next(4), asciiLetter)).map(
    (field) => new Field(`${field.name}-${next(1000)}`, field.value, field.sensitive),
  );
}

function distinct(fields) {
  return [...new Map(fields.map((field) => [field.name, field])).values()];
}

function pairs(raw) {
  assert.ok(Array.isArray(raw));
  return Array.from({ length: raw.length / 2 }, (_, i) => ({ name: raw[2 * i], value: raw[2 * i + 1] }));
}

/** node:http2 chooses the order of what it sends. */
function sorted(fields) {
  return lines(fields).split("\n").sort().join("\n");
}

/** Reads requests without a body, answers each with an empty response, and changes its table size now and then. */
class BareServer {
  #decoder = new HpackDecoder({ maxListBytes: 1_000_000, maxFields: 1000 });
  #encoder = new HpackEncoder();
  #rest = Buffer.alloc(0);
  #prefaceSeen = false;
  #limits = [];

  constructor(socket, next, received, answer) {
    this.socket = socket;
    this.next = next;
    this.received = received;
    this.answer = answer;
    socket.on("error", () => {}); // The session's end shows on the other side.
    socket.on("data", (chunk) => {
      try {
        this.#read(chunk);
      } catch (error) {
        console.log(`note: ${error.stack}`);
        socket.destroy();
      }
    });
    socket.write(settings());
    this.#limits.push(4096);
  }

  #read(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (!this.#prefaceSeen) {
      if (this.#rest.length < PREFACE.length) return;
      this.#rest = this.#rest.subarray(PREFACE.length);
      this.#prefaceSeen = true;
    }
    while (this.#rest.length >= FRAME_HEAD) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < FRAME_HEAD + length) return;
      const payload = this.#rest.subarray(FRAME_HEAD, FRAME_HEAD + length);
      this.#onFrame(this.#rest[3], this.#rest[4], this.#rest.readUInt32BE(5), payload);
      this.#rest = this.#rest.subarray(FRAME_HEAD + length);
    }
  }

  #onFrame(type, flags, streamId, payload) {
    if (type === Type.SETTINGS && flags & Flag.ACK) this.#decoder.setTableLimit(this.#limits.shift());
    else if (type === Type.SETTINGS) this.#onSettings(payload);
    else if (type === Type.HEADERS) this.#onHeaders(flags, streamId, payload);
  }

  #onSettings(payload) {
    for (let at = 0; at < payload.length; at += 6) {
      if (payload.readUInt16BE(at) === Setting.HEADER_TABLE_SIZE) this.#encoder.setPeerTableSize(payload.readUInt32BE(at + 2));
    }
    this.socket.write(frame(Type.SETTINGS, Flag.ACK, 0));
  }

  #onHeaders(flags, streamId, payload) {
    assert.equal(flags & (Flag.END_HEADERS | Flag.PADDED), Flag.END_HEADERS);
    const block = new Uint8Array(flags & Flag.PRIORITY ? payload.subarray(5) : payload);
    this.received.push(this.#decoder.decode(block, 0, block.length));
    if (this.next(10) === 0) {
      const size = this.next(3) === 0 ? 0 : this.next(8192);
      this.#limits.push(size);
      this.socket.write(settings([[Setting.HEADER_TABLE_SIZE, size]]));
    }
    const [prepared, extra] = this.answer();
    const out = new Uint8Array(this.#encoder.maxLength(prepared, extra));
    const end = this.#encoder.encode(prepared, extra, out, 0);
    this.socket.write(frame(Type.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, streamId, Buffer.from(out.subarray(0, end))));
  }
}
