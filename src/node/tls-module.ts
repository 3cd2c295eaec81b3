import { createRequire } from "node:module";

let loaded: typeof import("node:tls") | undefined;

/** node:tls, loaded when TLS is first asked for: with the cryptography behind it, it is a third of what importing `sluice/node` costs. */
export function tlsModule(): typeof import("node:tls") {
  loaded ??= createRequire(import.meta.url)("node:tls") as typeof import("node:tls");
  return loaded;
}
