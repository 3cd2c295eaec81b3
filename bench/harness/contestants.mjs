import { clients, servers } from "./peers.mjs";

/** The rows of a case whose contestants are servers. */
export const serverRows = (...names) => names.map((id) => ({ id, server: id, label: servers[id].label, needs: [servers[id].needs] }));

/** The rows of a case whose contestants are clients. */
export const clientRows = (...names) => names.map((id) => ({ id, client: id, label: clients[id].label, needs: [clients[id].needs] }));
