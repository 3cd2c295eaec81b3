// The nice-grpc client as a load: see bench/load.mjs.
import { createChannel, createClient } from "nice-grpc";
import { readLoadOptions } from "../../load/options.mjs";
import { runLoad } from "../../load/run.mjs";
import { Bench } from "./bench-service.mjs";
import { protoMessage } from "./proto-message.mjs";

class NiceGrpcLoad {
  message = protoMessage;
  #client;

  constructor({ addr }) {
    const channel = createChannel(`http://${addr}`, undefined, { "grpc.use_local_subchannel_pool": 1 });
    this.#client = createClient(Bench.service, channel);
  }

  unary(message) {
    return this.#client.Unary(message);
  }

  async server(message, step) {
    for await (const _ of this.#client.Server(message)) if (!step()) break;
  }

  client() {
    const requests = new Requests();
    const response = this.#client.Client(requests);
    return {
      send: (message) => requests.give(message),
      finish: () => {
        void requests.give(undefined);
        return response;
      },
    };
  }

  bidi() {
    const requests = new Requests();
    const responses = this.#client.Bidi(requests)[Symbol.asyncIterator]();
    let next = responses.next(); // the call begins with the first of these
    return {
      send: (message) => requests.give(message),
      receive: async () => {
        const { value } = await next;
        next = responses.next();
        return value;
      },
      cancel: () => responses.return(),
    };
  }
}

/** An async iterable that is given one message at a time; undefined ends it. */
class Requests {
  #next;
  #wanted;
  #taken;

  /** Resolves when the message has been taken. */
  give(message) {
    if (this.#wanted) {
      this.#wanted({ value: message, done: message === undefined });
      this.#wanted = undefined;
      return undefined;
    }
    this.#next = { value: message, done: message === undefined };
    return new Promise((resolve) => (this.#taken = resolve));
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  next() {
    const next = this.#next;
    if (next === undefined) return new Promise((resolve) => (this.#wanted = resolve));
    this.#next = undefined;
    this.#taken();
    return Promise.resolve(next);
  }

  return() {
    return Promise.resolve({ value: undefined, done: true });
  }
}

const options = readLoadOptions();
await runLoad(options, () => new NiceGrpcLoad(options));
