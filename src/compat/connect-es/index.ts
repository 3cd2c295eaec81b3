export { createClient } from "./client.js";
export { type ConnectRoutesOptions, connectRoutes } from "./routes.js";
export { createTransport, type TransportOptions } from "./transport.js";
