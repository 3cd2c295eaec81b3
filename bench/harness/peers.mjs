import { join } from "node:path";
import { BENCH, RUST_TARGET, TOOLS } from "./paths.mjs";

const node = (...parts) => ({ command: process.execPath, program: join(BENCH, ...parts), collects: true });
const go = (name) => ({ command: join(TOOLS, name), needs: "go" });
const script = (name) => ({ ...node("peers", "js", name), needs: "npm" });

/** The servers: how each starts, and what must be installed for it. All take `--port` and print `listening on`. */
export const servers = {
  sluice: { label: "Sluice", ...node("serve.mjs"), maxStreams: "--max-streams", resetsPerSecond: "--resets-per-second" },
  "sluice-generator": {
    label: "Sluice, generators",
    ...node("serve.mjs"),
    arguments: ["--style", "generator"],
    maxStreams: "--max-streams",
  },
  "grpc-go": { label: "grpc-go", ...go("grpc-server") },
  "connect-go": { label: "connect-go", ...go("connect-server") },
  tonic: { label: "tonic (Rust)", command: join(RUST_TARGET, "release", "bench-tonic"), needs: "cargo" },
  "grpc-js": { label: "grpc-js", ...script("grpc-js-server.mjs") },
  "connect-node-http1": { label: "connect-node, HTTP/1.1", ...script("connect-node-server.mjs"), arguments: ["--http1"] },
  "node-http1": { label: "node:http by hand", ...script("node-http1-server.mjs") },
  "connect-node": { label: "connect-node", ...script("connect-node-server.mjs") },
  "node-http2": { label: "node:http2 by hand", ...script("node-http2-server.mjs") },
  nghttpd: { label: "nghttpd, a file of 43 bytes", command: "nghttpd", needs: "nghttpd", file: true },
};

/** The clients, as loads with the same arguments and the same JSON line. */
export const clients = {
  sluice: { label: "Sluice", ...node("load.mjs") },
  "grpc-go": { label: "grpc-go", ...go("load") },
  "grpc-js": { label: "grpc-js", ...script("grpc-js-load.mjs") },
  "connect-node": { label: "connect-node", ...script("connect-node-load.mjs") },
  "nice-grpc": { label: "nice-grpc", ...script("nice-grpc-load.mjs") },
  raw: { label: "frames by hand (Go)", ...go("rawload") },
};
