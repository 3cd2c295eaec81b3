import { badOption } from "../base/usage-error.js";

/** Where to connect to, or where to listen: a TCP port on a host, or a Unix socket. */
export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/** An address as users write it, taken apart. */
export interface ServerAddress {
  readonly address: SocketAddress;
  /** `https`: TLS is wanted. */
  readonly scheme: "http" | "https";
  /** What `:authority` says: the host and port as written, `localhost` for a Unix socket. */
  readonly authority: string;
}

/**
 * Takes an address apart: `http://host:port`, `https://host`, `unix:/path` (or `unix:///path`). The port defaults to the scheme's.
 * Throws `UsageError` for anything else.
 */
export function parseServerAddress(text: string): ServerAddress {
  const range = '"http://host:port", "https://host:port" or "unix:/path"';
  if (typeof text !== "string") badOption("address", text, range);
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    if (path === "") badOption("address", text, range);
    return { address: { path }, scheme: "http", authority: "localhost" };
  }
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return badOption("address", text, range);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") badOption("address", text, range);
  if (url.username !== "" || url.password !== "") badOption("address", text, `${range}, without user or password`);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "")
    badOption("address", text, `${range}, without a path, query or fragment`);
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
  const host = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname;
  return { address: { host, port }, scheme, authority: url.host };
}

/** An address as people read it: `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/app.sock`. */
export function addressText(address: SocketAddress): string {
  if ("path" in address) return `unix:${address.path}`;
  return hostAndPort(address.host, address.port);
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
