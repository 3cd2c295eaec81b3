// A plain HTTP/2 server on the engine alone, over node:net: `node interop/h2spec-server.mjs --port N` (0: any port).
// It answers every request with 200 and a small body as soon as it has its head, and keeps the stream until the peer has ended it.
// Prints `listening on 127.0.0.1:N`.
import { createServer } from "node:net";
import { parseArgs } from "node:util";
import { Field, Http2Connection, NO_FIELDS, OutputPool, resolveLimits, WindowBudget } from "sluice/http2";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const limits = resolveLimits("server");
const outputPool = new OutputPool();
const windowBudget = new WindowBudget();

const body = Buffer.from("hello from sluice/http2\n");
const head = [new Field(":status", "200"), new Field("content-type", "text/plain"), new Field("content-length", `${body.length}`)];
const noBytes = new Uint8Array(0);

/** One request: its body is read and dropped. */
class Request {
  constructor(stream) {
    this.stream = stream;
  }
  onHead() {}
  onData(_chunk, start, end) {
    this.stream.consume(end - start);
  }
  onTrailers() {}
  onWritable() {}
  onDraining() {}
  onEnd() {
    this.stream.settled();
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  let timer;
  let blocked = false;
  let asked = false;
  let over = false;
  const peer = { address: `${socket.remoteAddress}:${socket.remotePort}`, encrypted: false };

  function flush() {
    asked = false;
    const now = performance.now();
    while (!blocked && !socket.destroyed) {
      const bytes = connection.takeOutput(now);
      if (bytes === undefined) break;
      socket.write(bytes);
      if (socket.writableLength === 0) {
        connection.releaseOutput(bytes);
      } else {
        blocked = true;
        connection.outputBlocked(now);
        // an empty write is reported when all before it has left
        socket.write(noBytes, () => {
          blocked = false;
          connection.outputDrained(performance.now());
          flush();
        });
      }
    }
    if (over && !blocked) socket.end();
    clearTimeout(timer);
    const at = over ? now + 5_000 : connection.nextTimeout();
    if (at !== Number.POSITIVE_INFINITY && !socket.destroyed) timer = setTimeout(onTimeout, Math.max(1, at - now));
  }

  function onTimeout() {
    if (over) return socket.destroy();
    connection.handleTimeout(performance.now());
    flush();
  }

  const connection = new Http2Connection(
    { role: "server", peer, limits, outputPool, windowBudget, random: Math.random },
    {
      onStream(stream) {
        stream.sendHead(head, NO_FIELDS, false);
        stream.sendData(noBytes, body, true);
        return new Request(stream);
      },
      onOutput() {
        if (asked) return;
        asked = true;
        process.nextTick(flush);
      },
      onTurnWanted() {
        setImmediate(() => {
          connection.beginTurn(performance.now());
          flush();
        });
      },
      onPause: (paused) => (paused ? socket.pause() : socket.resume()),
      onReady() {},
      onCapacity() {},
      onDraining() {},
      onClosed() {
        over = true;
        socket.resume();
        if (!asked) process.nextTick(flush);
      },
    },
    performance.now(),
  );

  socket.on("data", (bytes) => {
    connection.receive(bytes, performance.now());
    flush();
  });
  socket.on("end", () => {
    connection.receiveEnd(performance.now());
    flush();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    clearTimeout(timer);
    connection.lost("the socket closed", performance.now());
  });
  flush();
});

server.listen(Number(values.port), "127.0.0.1", () => console.log(`listening on 127.0.0.1:${server.address().port}`));
