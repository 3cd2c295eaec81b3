import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteStreamEvents } from "../transport/byte-stream.js";
import { Link } from "./link.js";
import { type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";
import { MemoryNetwork } from "./memory-network.js";
import { VirtualRuntime } from "./virtual-runtime.js";

class Log implements ByteStreamEvents {
  readonly events: string[] = [];
  readonly bytes: number[] = [];
  onOpen(): void {
    this.events.push("open");
  }
  onData(bytes: Uint8Array): void {
    this.events.push(`data ${bytes.length}`);
    this.bytes.push(...bytes);
  }
  onDrain(): void {
    this.events.push("drain");
  }
  onEnd(): void {
    this.events.push("end");
  }
  onClose(reason: string | undefined): void {
    this.events.push(`close ${reason ?? ""}`.trim());
  }
}

function pipeOf(options: MemoryPipeOptions = {}) {
  const runtime = new VirtualRuntime();
  const pipe = memoryPipe(runtime, options);
  const [here, there] = [new Log(), new Log()];
  return { runtime, pipe, here, there, client: pipe.client(here), server: pipe.server(there) };
}

test("bytes arrive later, whole and copied; the ends follow each other", () => {
  const { runtime, pipe, here, there, client, server } = pipeOf();
  const bytes = Uint8Array.of(1, 2, 3);
  client.write(bytes);
  bytes.fill(9);
  client.end();
  assert.deepEqual(there.events, []);
  runtime.run();
  assert.deepEqual(there.bytes, [1, 2, 3]);
  assert.deepEqual(there.events, ["data 3", "end"]);
  server.write(Uint8Array.of(4));
  server.end();
  runtime.run();
  assert.deepEqual(here.events, ["open", "data 1", "end", "close"]);
  assert.deepEqual(there.events, ["data 3", "end", "close"]);
  assert.deepEqual({ ...pipe.statistics }, { toServer: 3, toClient: 1 });
});

test("latency holds every piece back for its time", () => {
  const { runtime, there, client } = pipeOf({ latencyMs: 30 });
  client.write(Uint8Array.of(1));
  runtime.advance(10);
  client.write(Uint8Array.of(2));
  runtime.advance(19);
  assert.deepEqual(there.bytes, []);
  runtime.advance(1);
  assert.deepEqual(there.bytes, [1]);
  runtime.advance(10);
  assert.deepEqual(there.bytes, [1, 2]);
});

test("pieces are cut, byte by byte if so wished, and nothing is lost", () => {
  const { runtime, there, client } = pipeOf({ maxPieceBytes: 1 });
  client.write(Uint8Array.from({ length: 100 }, (_, i) => i));
  runtime.run();
  assert.equal(there.events.length, 100);
  assert.deepEqual(there.bytes, [...Array(100).keys()]);
});

test("a full pipe says wait, and drain once the other end has read", () => {
  const { runtime, here, there, client, server } = pipeOf({ highWaterBytes: 10 });
  runtime.run();
  server.pause(true);
  assert.equal(client.write(new Uint8Array(10)), true);
  assert.equal(client.write(new Uint8Array(1)), false);
  runtime.run();
  assert.deepEqual(here.events, ["open"]);
  server.pause(false);
  runtime.run();
  assert.equal(there.bytes.length, 11);
  assert.deepEqual(here.events, ["open", "drain"]);
});

test("a stall holds everything up, a cut loses it", () => {
  const { runtime, pipe, here, there, client } = pipeOf();
  runtime.run();
  pipe.stall(true);
  client.write(Uint8Array.of(1));
  runtime.advance(1_000);
  assert.deepEqual(there.bytes, []);
  pipe.stall(false);
  runtime.run();
  assert.deepEqual(there.bytes, [1]);
  client.write(Uint8Array.of(2));
  pipe.cut("cable");
  pipe.cut("again");
  runtime.run();
  assert.deepEqual(there.bytes, [1]);
  assert.deepEqual(here.events, ["open", "close cable"]);
  assert.deepEqual(there.events, ["data 1", "close cable"]);
});

test("destroy ends the other end's reading; writing to it resets", () => {
  const { runtime, here, there, client, server } = pipeOf();
  runtime.run();
  client.destroy();
  client.destroy();
  runtime.run();
  assert.deepEqual(here.events, ["open", "close"]);
  assert.deepEqual(there.events, ["end"]);
  assert.equal(server.write(Uint8Array.of(1)), false);
  runtime.run();
  assert.deepEqual(there.events, ["end", "close connection reset by memory"]);
});

test("a network: a name is listened on once, refused when nobody does", () => {
  const runtime = new VirtualRuntime();
  const network = new MemoryNetwork(runtime);
  const there = new Log();
  const stop = network.listen("shop", (accepted) => void accepted(there));
  assert.throws(() => network.listen("shop", () => {}), /"shop" already/);
  const here = new Log();
  network.dialer("shop")(here).write(Uint8Array.of(5));
  runtime.run();
  assert.deepEqual(there.bytes, [5]);
  assert.equal(network.pipes.length, 1);
  stop();
  const refused = new Log();
  network.dialer("shop")(refused);
  runtime.run();
  assert.deepEqual(refused.events, ["close connection refused by shop: nothing listens there"]);
});

test("a slow line delivers in packets, in order, and one that becomes faster lets nothing overtake", () => {
  const runtime = new VirtualRuntime();
  const links = { toServer: new Link(runtime, { bytesPerSecond: 10_000, latencyMs: 5 }), toClient: new Link(runtime) };
  const pipe = memoryPipe(runtime, {}, links);
  const there = new Log();
  const client = pipe.client(new Log());
  pipe.server(there);
  client.write(new Uint8Array(2_000).fill(1));
  links.toServer.set({ bytesPerSecond: Number.POSITIVE_INFINITY, latencyMs: 0 });
  client.write(Uint8Array.of(2));
  runtime.advance(150);
  assert.deepEqual(there.events, []);
  runtime.advance(1);
  assert.deepEqual(there.events, ["data 1460"]);
  runtime.advance(54);
  assert.deepEqual(there.events, ["data 1460", "data 540", "data 1"]);
  assert.equal(there.bytes.at(-1), 2);
  client.write(Uint8Array.of(3));
  runtime.run();
  assert.equal(there.bytes.at(-1), 3);
});

test("one direction stalls while the other goes on; a closed pipe has left its links", () => {
  const runtime = new VirtualRuntime();
  const links = { toServer: new Link(runtime), toClient: new Link(runtime) };
  const pipe = memoryPipe(runtime, {}, links);
  const [here, there] = [new Log(), new Log()];
  const [client, server] = [pipe.client(here), pipe.server(there)];
  links.toServer.stall(true);
  pipe.stall(true, "toClient");
  client.write(Uint8Array.of(1));
  server.write(Uint8Array.of(2));
  runtime.advance(1_000);
  assert.deepEqual([here.bytes, there.bytes], [[], []]);
  links.toServer.stall(false);
  runtime.run();
  assert.deepEqual([here.bytes, there.bytes], [[], [1]]);
  pipe.stall(false);
  runtime.run();
  assert.deepEqual([here.bytes, there.bytes], [[2], [1]]);
  pipe.cut();
  runtime.run();
  links.toServer.stall(false);
  assert.deepEqual(there.events, ["data 1", "close the pipe was cut"]);
});

test("a bad option of a link is a UsageError", () => {
  const runtime = new VirtualRuntime();
  assert.throws(() => new Link(runtime, { latencyMs: Number.NaN }), /"latencyMs"/);
  assert.throws(() => new Link(runtime).set({ bytesPerSecond: -1 }), /"bytesPerSecond"/);
  assert.throws(() => memoryPipe(runtime, { maxPieceBytes: 0 }), /"maxPieceBytes"/);
  assert.throws(() => memoryPipe(runtime, { highWaterBytes: 0 }), /"highWaterBytes"/);
});
