export { connectClient } from "./client.js";
export { connectServers } from "./servers.js";
