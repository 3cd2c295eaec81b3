import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import type { SocketAddress } from "./address.js";

/**
 * After a listener failed with "address in use" on a Unix socket: removes the file when it is a socket that a process left behind
 * and nobody listens on. True: it was removed, listening may be tried again.
 */
export async function removeStaleSocket(address: SocketAddress, error: unknown): Promise<boolean> {
  if (!("path" in address) || (error as NodeJS.ErrnoException).code !== "EADDRINUSE") return false;
  try {
    const file = await lstat(address.path);
    if (!file.isSocket() || !(await refuses(address.path))) return false;
    await unlink(address.path);
    return true;
  } catch {
    return false;
  }
}

/** Whether a connection to the socket is refused: what a file without a process does. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "ECONNREFUSED"));
  });
}
