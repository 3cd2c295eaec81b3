// What an experiment asks of a library, in the library's own idiom.
//   serve(handlers): Promise<port>            handlers: see ../handlers.mjs
//   connect(address): { serverStream(options), bidi(requests, options), clientStream(requests, options) }
//     options: { script, signal, onHeaders }; a stream of responses is an async iterable
//   codeOf(error): the name of its code
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { codeFromNumber } from "sluice";

export const libraries = ["sluice", "connect-es", "nice-grpc", "grpc-js"];

/** Loads the adapter of a library. */
export function load(name) {
  return import(pathToFileURL(join(dirname(fileURLToPath(import.meta.url)), `${name}.mjs`)));
}

/** The name of a numeric code, or what the error is when it has none. */
export function nameOf(error) {
  const code = typeof error?.code === "number" ? codeFromNumber(error.code) : undefined;
  return typeof code === "string" ? code : (error?.name ?? String(error));
}
