// Passes bytes on to a server, until it cuts.
import net from "node:net";

export async function startRelay(url) {
  const { protocol, hostname, port } = new URL(url);
  const sockets = new Set();
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    }
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `${protocol}//127.0.0.1:${server.address().port}`,
    /** Ends all connections at once, as a server that dies does. */
    cut,
    close() {
      server.close();
      cut();
    },
  };
}
