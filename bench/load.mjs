// `node bench/load.mjs --addr H:P --mode unary|server|client|bidi|cancel-storm|idle|break|abandon --c N --conns N --n N|--seconds S`: the Sluice client as a load.
// One process; prints one JSON line. More options in bench/load/options.mjs.
import { create, toBinary } from "@bufbuild/protobuf";
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Bench, PayloadSchema } from "../build/gen/bench_pb.js";
import { bodyFor } from "./load/message-size.mjs";
import { readLoadOptions } from "./load/options.mjs";
import { runLoad } from "./load/run.mjs";

/** What a load needs of a client library. The other libraries' loads have the same methods. */
class SluiceLoad {
  #client;
  #channel;

  constructor({ addr, tls, protocol, http }) {
    this.#channel = connect(`${tls ? "https" : "http"}://${addr}`, {
      protocol,
      httpVersion: http,
      ...(tls && { tls: { rejectUnauthorized: false } }),
    });
    this.#client = createClient(Bench, this.#channel);
  }

  /** A message of so many encoded bytes. */
  message(id, name, size) {
    const message = create(PayloadSchema, { id, name });
    message.body = bodyFor(size, toBinary(PayloadSchema, message).length);
    return message;
  }

  unary(message) {
    return this.#client.unary(message);
  }

  /** A server stream to be read with `for await`. */
  openServer(message) {
    return this.#client.server(message);
  }

  /** One server stream: `step` is called for each message and says whether to go on. */
  async server(message, step) {
    for await (const _ of this.#client.server(message)) if (!step()) break;
  }

  /** `send` gives a promise when there is no room, else undefined. */
  client() {
    return this.#client.client();
  }

  bidi() {
    return this.#client.bidi();
  }

  openStreams() {
    return this.#channel.statistics().openStreams;
  }
}

const options = readLoadOptions();
await runLoad(options, () => new SluiceLoad(options));
