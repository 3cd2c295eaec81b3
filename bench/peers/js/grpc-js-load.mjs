// The @grpc/grpc-js client as a load: see bench/load.mjs.
import grpc from "@grpc/grpc-js";
import { readLoadOptions } from "../../load/options.mjs";
import { runLoad } from "../../load/run.mjs";
import { Bench } from "./bench-service.mjs";
import { protoMessage } from "./proto-message.mjs";

class GrpcJsLoad {
  message = protoMessage;
  #client;

  constructor({ addr }) {
    this.#client = new Bench(addr, grpc.credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  }

  unary(message) {
    return new Promise((resolve, reject) => {
      this.#client.unary(message, (error, response) => (error ? reject(error) : resolve(response)));
    });
  }

  server(message, step) {
    return new Promise((resolve, reject) => {
      const call = this.#client.server(message);
      call.on("data", () => step() || call.cancel());
      call.on("end", resolve);
      call.on("error", (error) => (error.code === grpc.status.CANCELLED ? resolve() : reject(error)));
    });
  }

  client() {
    let end;
    const response = new Promise((resolve, reject) => (end = (error, value) => (error ? reject(error) : resolve(value))));
    const call = this.#client.client(end);
    return {
      send: (message) => (call.write(message) ? undefined : new Promise((resolve) => call.once("drain", resolve))),
      finish: () => {
        call.end();
        return response;
      },
    };
  }

  bidi() {
    return new BidiStream(this.#client.bidi());
  }
}

class BidiStream {
  #call;
  #inbox = [];
  #waiting;

  constructor(call) {
    this.#call = call;
    call.on("data", (message) => this.#give(message));
    call.on("end", () => this.#give(undefined));
    call.on("error", () => this.#give(undefined));
  }

  #give(message) {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(message);
    else this.#inbox.push(message);
  }

  send(message) {
    return this.#call.write(message) ? undefined : new Promise((resolve) => this.#call.once("drain", resolve));
  }

  receive() {
    if (this.#inbox.length > 0) return this.#inbox.shift();
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  cancel() {
    this.#call.cancel();
  }
}

const options = readLoadOptions();
await runLoad(options, () => new GrpcJsLoad(options));
