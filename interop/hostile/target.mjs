import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { RawConnection } from "../raw/connection.mjs";
import { data } from "../raw/frames.mjs";
import { call } from "../raw/grpc.mjs";

/** The server under attack: its process, its calls, and every connection that an attack has opened to it. */
export class Target {
  port;
  pid;
  service;
  #opened = [];
  #server;

  constructor(server, service) {
    this.#server = server;
    this.port = server.port;
    this.pid = server.pid;
    this.service = service;
  }

  async open(options) {
    const connection = await RawConnection.open(this.port, options);
    this.#opened.push(connection);
    return connection;
  }

  /** Opens many connections, a few at a time, so that the listen queue is not what is measured. */
  async openMany(count, options) {
    const connections = [];
    while (connections.length < count) {
      const some = Math.min(100, count - connections.length);
      connections.push(...(await Promise.all(Array.from({ length: some }, () => this.open(options)))));
    }
    return connections;
  }

  async leave() {
    for (const connection of this.#opened) connection.destroy();
    this.#opened = [];
    await sleep(50);
  }

  /** A whole request of one of the service's kinds. */
  request(kind, streamId, { extra = {}, end = true, message } = {}) {
    const { path, extra: own, message: usual } = this.service[kind];
    return Buffer.concat([call(streamId, path, { ...own, ...extra }), data(streamId, message ?? usual, { end })]);
  }

  /** The head alone; the body is the attack's affair. */
  head(kind, streamId, extra = {}) {
    const { path, extra: own } = this.service[kind];
    return call(streamId, path, { ...own, ...extra });
  }

  /** Resident memory now, in MB. */
  residentMb() {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.pid}/status`, "latin1"))?.[1];
    return Number(kilobytes) / 1024;
  }

  descriptors() {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** What bench/serve.mjs says of itself, after a collection. */
  async statistics() {
    const before = this.#server.text().length;
    this.#server.kill("SIGUSR2");
    for (let waited = 0; waited < 5000; waited += 20) {
      await sleep(20);
      const line = this.#server
        .text()
        .slice(before)
        .split("\n")
        .find((text) => text.startsWith("{") && text.endsWith("}"));
      if (line !== undefined) return JSON.parse(line);
    }
    throw new Error("the server says nothing on SIGUSR2");
  }

  alive() {
    return !this.#server.ended();
  }

  output() {
    return this.#server.text();
  }
}

/** Writes `count` pieces made by `piece(i)`, many to a write, until the peer has had enough. */
export async function pour(connection, count, piece, { batch = 500, limitMs = 8000 } = {}) {
  const deadline = Date.now() + limitMs;
  let sent = 0;
  while (sent < count && !connection.ended && Date.now() < deadline) {
    const some = Math.min(batch, count - sent);
    await connection.pour(Buffer.concat(Array.from({ length: some }, (_, i) => piece(sent + i))), 2000);
    sent += some;
    if (connection.goaway !== undefined && connection.goaway.code !== 0) break;
  }
  await connection.until(() => connection.ended, 300);
  return sent;
}
