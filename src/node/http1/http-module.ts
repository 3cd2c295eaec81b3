import { createRequire } from "node:module";

let loaded: typeof import("node:http") | undefined;

/** node:http, loaded when HTTP/1.1 is first spoken: who speaks HTTP/2 only need not wait for it. */
export function httpModule(): typeof import("node:http") {
  loaded ??= createRequire(import.meta.url)("node:http") as typeof import("node:http");
  return loaded;
}
