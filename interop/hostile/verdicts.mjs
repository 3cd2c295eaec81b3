// What an attack may lead to, and what it must not.
import { grpcStatus } from "../raw/connection.mjs";
import { codeName } from "../raw/frames.mjs";

/** What became of an attacking connection, in words. */
export function fate(connection) {
  if (connection.goaway !== undefined) return `GOAWAY ${codeName(connection.goaway.code)} "${connection.goaway.text}"`;
  return connection.ended ? "closed" : "survived";
}

/**
 * A connection under a flood may be refused or may survive. When it is refused, the reason must be one of these. The word may get
 * lost: a peer that still writes when the other has closed can have its input thrown away by the system.
 */
export function refusedOrSurvived(connection, codes) {
  if (connection.goaway !== undefined && !codes.includes(connection.goaway.code)) {
    throw new Error(`refused with ${fate(connection)}, expected one of ${codes.map(codeName).join(", ")}`);
  }
  return fate(connection);
}

/** The connection must be refused, within the time. */
export async function mustBeRefused(connection, codes, limitMs) {
  await connection.until(() => connection.ended, limitMs);
  if (!connection.ended) throw new Error(`still open after ${limitMs} ms (${fate(connection)})`);
  return refusedOrSurvived(connection, codes);
}

/** Every one of these must be closed by the server. */
export async function closedWithin(connections, limitMs) {
  const started = Date.now();
  const all = () => connections.every((connection) => connection.ended);
  await connections[0].until(all, limitMs);
  const open = connections.filter((connection) => !connection.ended).length;
  if (open > 0) throw new Error(`${open} of ${connections.length} connections are still open after ${limitMs} ms`);
  return `${connections.length} connections closed by the server after ${((Date.now() - started) / 1000).toFixed(1)} s`;
}

/** None of these streams was answered as a call. */
export function notServed(connection, ids) {
  for (const id of ids) if (grpcStatus(connection.stream(id)) === "0") throw new Error(`stream ${id} was served`);
}
