// A process between client and server that passes bytes on as a bad network does: in pieces, late, not at all, or until it cuts. What it
// does to a connection is decided by the seed, the connection's number, and how many bytes have passed.
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "./child.mjs";
import { Random } from "./random.mjs";

/** Bytes between two events of one direction, on average. */
const CALM_BYTES = 40_000;
/** How long a connection that has gone silent is held: beyond the keepalive of both ends. */
const SILENCE_MS = 5_000;

let server;
let target;
let seed = 0;
let connections = 0;
let counts;
const open = new Set();

answer({
  async start({ port }) {
    target = port;
    server = createServer({ noDelay: true, pauseOnConnect: true }, onConnection);
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return server.address().port;
  },
  /** From now on by this seed. */
  reseed(parameters) {
    ({ seed } = parameters);
    connections = 0;
    counts = { connections: 0, refused: 0, splits: 0, stalls: 0, silences: 0, cuts: 0, resets: 0, megabytes: 0 };
  },
  counts: () => ({ ...counts, megabytes: Math.round(counts.megabytes), open: open.size }),
  stop() {
    server.close();
    for (const socket of open) socket.destroy();
  },
});

function onConnection(near) {
  const number = connections++;
  const random = new Random(seed, 2 * number);
  counts.connections++;
  near.on("error", () => {});
  if (random.chance(0.05)) {
    counts.refused++;
    near.resetAndDestroy();
    return;
  }
  const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
  far.on("error", () => {});
  const pair = { near, far };
  for (const socket of [near, far]) {
    open.add(socket);
    socket.on("close", () => {
      open.delete(socket);
      near.destroy();
      far.destroy();
    });
  }
  void pass(near, far, random, pair);
  void pass(far, near, new Random(seed, 2 * number + 1), pair);
}

/** Passes on one direction until either side ends, or this does. */
async function pass(from, to, random, pair) {
  let calm = random.around(CALM_BYTES);
  try {
    for await (const chunk of from) {
      counts.megabytes += chunk.length / 1e6;
      let at = 0;
      while (chunk.length - at > calm) {
        const end = at + Math.floor(calm);
        await write(to, chunk.subarray(at, end));
        at = await disturb(chunk, end, to, random, pair);
        calm = random.around(CALM_BYTES);
      }
      calm -= chunk.length - at;
      await write(to, chunk.subarray(at));
    }
    to.end();
  } catch {
    to.destroy(); // an end that was cut
  }
}

/** One thing that a network does. Returns how far the chunk has been passed on. */
async function disturb(chunk, at, to, random, pair) {
  const what = random.of([
    [40, "split"],
    [25, "stall"],
    [0.4, "silence"],
    [2, "cut"],
    [2, "reset"],
  ]);
  if (what === "split") {
    counts.splits++;
    for (let pieces = random.whole(2, 12); pieces > 0 && at < chunk.length; pieces--) {
      const end = Math.min(chunk.length, at + random.whole(1, 30));
      await write(to, chunk.subarray(at, end));
      at = end;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } else if (what === "stall") {
    counts.stalls++;
    await sleep(random.whole(1, 60));
  } else if (what === "silence") {
    counts.silences++;
    await Promise.race([sleep(SILENCE_MS, undefined, { ref: false }), new Promise((resolve) => to.once("close", resolve))]);
    throw new Error("silent");
  } else if (what === "cut") {
    counts.cuts++;
    pair.near.end();
    pair.far.end();
    throw new Error("cut");
  } else {
    counts.resets++;
    pair.near.resetAndDestroy();
    pair.far.resetAndDestroy();
    throw new Error("reset");
  }
  return at;
}

/** Resolves when there is room for more; rejects when the socket is closed. */
function write(socket, bytes) {
  if (bytes.length === 0) return;
  if (socket.destroyed || socket.writableEnded) throw new Error("closed");
  if (socket.write(bytes)) return;
  return new Promise((resolve, reject) => {
    const settle = (action) => () => {
      socket.off("drain", onDrain).off("close", onClose);
      action(new Error("closed"));
    };
    const onDrain = settle(() => resolve());
    const onClose = settle(reject);
    socket.once("drain", onDrain).once("close", onClose);
  });
}
