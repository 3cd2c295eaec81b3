// A TCP proxy that can go silent: it takes nothing more from either side and closes nothing, as a network does that lost its route.
import { connect, createServer } from "node:net";

/** Resolves to `{ port, silence(), close() }`. */
export function silentProxy(to) {
  const sockets = new Set();
  let silent = false;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({
        port: server.address().port,
        silence() {
          silent = true;
          for (const socket of sockets) socket.pause();
        },
        close() {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      }),
    );
  });

  function join(from, to) {
    sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (data) => {
      if (!silent) to.write(data);
    });
    from.on("end", () => {
      if (!silent) to.end();
    });
    from.on("error", () => {});
    from.on("close", () => {
      sockets.delete(from);
      if (!silent) to.destroy();
    });
  }
}
