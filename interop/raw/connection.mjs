import { connect } from "node:net";
import { Flag, FRAME_HEAD, frame, PREFACE, Setting, settings as settingsFrame, Type, windowUpdate } from "./frames.mjs";
import { HeaderReader } from "./header-block.mjs";

/**
 * An HTTP/2 client on a bare socket, for saying what no client says. It keeps what the peer said: `streams`, `goaway`, counts of frames.
 * Nothing is checked on the way out; on the way in only what is needed to tell an answer.
 */
export class RawConnection {
  streams = new Map();
  peerSettings = new Map();
  goaway = undefined;
  ended = false;
  frames = new Array(10).fill(0);
  /** What is over: the socket's error or the peer's end. */
  end;
  socket;
  #reader = new HeaderReader();
  #input = Buffer.alloc(0);
  #block = undefined;
  #watchers = new Set();
  #options;
  /** What the peer allows to be sent; only `body` heeds it. */
  #window = 65_535;
  #initialWindow = 65_535;

  /** Resolves when TCP is connected; `preface: false` sends nothing at all. */
  static async open(port, options = {}) {
    const connection = new RawConnection(port, options);
    await connection.until(() => connection.connected || connection.ended, 10_000);
    if (!connection.connected) throw new Error(`no connection to port ${port}: ${connection.end}`);
    if (options.preface !== false) connection.write(PREFACE, settingsFrame(options.settings ?? []));
    return connection;
  }

  /** `acknowledge`: SETTINGS and PING get their ACK (not before a preface); `credit`: received DATA is credited; `listen`: false reads nothing. */
  constructor(port, { preface = true, acknowledge = preface, credit = true, listen = true } = {}) {
    this.#options = { acknowledge, credit };
    this.connected = false;
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.socket.on("connect", () => {
      this.connected = true;
      if (!listen) this.socket.pause();
      this.#changed();
    });
    if (listen) this.socket.on("data", (chunk) => this.#receive(chunk));
    this.socket.on("error", (error) => (this.end ??= error.message));
    this.socket.on("close", () => {
      this.end ??= "closed by the peer";
      this.ended = true;
      this.#changed();
    });
  }

  /** Writes at once; false when the peer takes less than is given. */
  write(...parts) {
    if (this.ended || this.socket.destroyed) return false;
    return this.socket.write(parts.length === 1 ? parts[0] : Buffer.concat(parts));
  }

  /** Writes and waits until the system has taken it, the connection is over, or the limit has passed. */
  async pour(bytes, limitMs = 5000) {
    if (this.write(bytes)) return;
    await this.until(() => this.ended || this.socket.destroyed || !this.socket.writableNeedDrain, limitMs);
  }

  /** Sends a body as flow control allows, until it is sent or the stream or connection is over. True when all of it went. */
  async body(id, bytes, { end = true, limitMs = 5000 } = {}) {
    const stream = this.stream(id);
    const over = () => stream.reset !== undefined || this.ended || this.goaway !== undefined;
    for (let at = 0; at < bytes.length; ) {
      const allowed = () => Math.min(this.#window, this.#initialWindow + stream.allowed, 16_384, bytes.length - at);
      if (!(await this.until(() => over() || allowed() > 0, limitMs)) || over()) return false;
      const size = allowed();
      this.#window -= size;
      stream.allowed -= size;
      await this.pour(frame(Type.DATA, end && at + size === bytes.length ? Flag.END_STREAM : 0, id, bytes.subarray(at, at + size)));
      at += size;
    }
    return true;
  }

  /** Begins to read, on a connection that was opened with `listen: false`. */
  listen() {
    this.socket.on("data", (chunk) => this.#receive(chunk));
    this.socket.resume();
  }

  /** Waits for a condition that frames or the end of the connection can bring about; false when it did not come. */
  until(condition, limitMs) {
    if (condition()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const look = () => condition() && done(true);
      const timer = setTimeout(() => done(false), limitMs);
      const poll = setInterval(look, 20);
      const done = (value) => {
        clearTimeout(timer);
        clearInterval(poll);
        this.#watchers.delete(look);
        resolve(value);
      };
      this.#watchers.add(look);
    });
  }

  /** A stream's record, made when first named. */
  stream(id) {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { head: undefined, trailers: undefined, bytes: 0, body: [], allowed: 0, ended: false, reset: undefined };
      this.streams.set(id, stream);
    }
    return stream;
  }

  /** Waits until a stream is over, in whatever way. */
  async over(id, limitMs = 5000) {
    const stream = this.stream(id);
    await this.until(() => stream.ended || stream.reset !== undefined || this.ended || (this.goaway && this.goaway.code !== 0), limitMs);
    return stream;
  }

  destroy() {
    this.socket.destroy();
  }

  #receive(chunk) {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    let at = 0;
    const input = this.#input;
    const answers = [];
    while (input.length - at >= FRAME_HEAD) {
      const length = input.readUIntBE(at, 3);
      if (input.length - at < FRAME_HEAD + length) break;
      const payload = input.subarray(at + FRAME_HEAD, at + FRAME_HEAD + length);
      this.#frame(input[at + 3], input[at + 4], input.readUInt32BE(at + 5) & 0x7fffffff, payload, answers);
      at += FRAME_HEAD + length;
    }
    this.#input = input.subarray(at);
    if (answers.length > 0) this.write(...answers);
    this.#changed();
  }

  #frame(type, flags, id, payload, answers) {
    if (type < this.frames.length) this.frames[type]++;
    switch (type) {
      case Type.DATA: {
        const stream = this.stream(id);
        stream.bytes += payload.length;
        if (stream.bytes <= 1 << 20) stream.body.push(Buffer.from(payload));
        if (flags & Flag.END_STREAM) stream.ended = true;
        if (this.#options.credit && payload.length > 0) {
          answers.push(windowUpdate(0, payload.length));
          if (!stream.ended) answers.push(windowUpdate(id, payload.length));
        }
        break;
      }
      case Type.HEADERS:
        this.#block = { id, end: (flags & Flag.END_STREAM) !== 0, parts: [payload] };
        if (flags & Flag.END_HEADERS) this.#fields();
        break;
      case Type.CONTINUATION:
        this.#block?.parts.push(payload);
        if (flags & Flag.END_HEADERS) this.#fields();
        break;
      case Type.RST_STREAM:
        this.stream(id).reset ??= payload.readUInt32BE(0);
        break;
      case Type.SETTINGS:
        if (flags & Flag.ACK) break;
        for (let i = 0; i + 6 <= payload.length; i += 6) this.peerSettings.set(payload.readUInt16BE(i), payload.readUInt32BE(i + 2));
        this.#initialWindow = this.peerSettings.get(Setting.INITIAL_WINDOW_SIZE) ?? 65_535;
        this.settingsSeen = true;
        if (this.#options.acknowledge) answers.push(frame(Type.SETTINGS, Flag.ACK, 0));
        break;
      case Type.PING:
        if (!(flags & Flag.ACK) && this.#options.acknowledge) answers.push(frame(Type.PING, Flag.ACK, 0, Buffer.from(payload)));
        break;
      case Type.WINDOW_UPDATE:
        if (id === 0) this.#window += payload.readUInt32BE(0);
        else this.stream(id).allowed += payload.readUInt32BE(0);
        break;
      case Type.GOAWAY:
        this.goaway = { last: payload.readUInt32BE(0), code: payload.readUInt32BE(4), text: payload.toString("latin1", 8) };
        break;
    }
  }

  #fields() {
    const { id, end, parts } = this.#block;
    this.#block = undefined;
    const fields = this.#reader.read(Buffer.concat(parts));
    const stream = this.stream(id);
    if (stream.head === undefined) stream.head = fields;
    else stream.trailers = fields;
    if (end) stream.ended = true;
  }

  #changed() {
    for (const watcher of this.#watchers) watcher();
  }
}

/** The first value of a field. */
export function field(fields, name) {
  return fields?.find(([key]) => key === name)?.[1];
}

/** `grpc-status` of a stream's record, from trailers or from a head that is all. */
export function grpcStatus(stream) {
  return field(stream.trailers, "grpc-status") ?? field(stream.head, "grpc-status");
}
