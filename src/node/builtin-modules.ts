// Modules of Node that not every process needs, each loaded when it is first asked for, so that importing `sluice/node` need not wait for them.
import { createRequire } from "node:module";

/** For HTTP/1.1. */
export const httpModule: () => typeof import("node:http") = onFirstUse("node:http");

/** For TLS, with the cryptography behind it. */
export const tlsModule: () => typeof import("node:tls") = onFirstUse("node:tls");

/** For compressed messages. */
export const zlibModule: () => typeof import("node:zlib") = onFirstUse("node:zlib");

function onFirstUse<Module>(name: string): () => Module {
  let loaded: Module | undefined;
  return () => {
    loaded ??= createRequire(import.meta.url)(name) as Module;
    return loaded;
  };
}
