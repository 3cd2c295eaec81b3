import { readFileSync } from "node:fs";
import { readArguments } from "../../harness/arguments.mjs";
import { reportOnSignal } from "../../harness/memory.mjs";

/** The arguments of every JavaScript server here, with the certificate read. */
export function serverOptions() {
  const options = readArguments({ port: 0, tls: false, http1: false, cert: "", key: "" });
  if (options.tls) Object.assign(options, { cert: readFileSync(options.cert), key: readFileSync(options.key) });
  return options;
}

/** Prints the line that the harness waits for; answers SIGUSR2 with the memory figures. */
export function ready(port) {
  console.log(`listening on 127.0.0.1:${port}`);
  reportOnSignal();
  process.on("SIGTERM", () => process.exit(0));
}
