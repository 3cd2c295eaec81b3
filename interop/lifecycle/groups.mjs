// The scenarios with Go programs: what runs against what. Each group runs in a process of its own for each peer (part.mjs), so that the
// timers and the memory that it counts are its own.
import { goPrograms } from "../tools.mjs";
import { awfulServers, runAwful } from "./awful-servers.mjs";
import { clientScenarios } from "./client-scenarios.mjs";
import { runGoClient } from "./go-client.mjs";
import { runAgainstGo } from "./go-server.mjs";
import { leavingGoServers } from "./leaving-go-servers.mjs";
import { serverScenarios } from "./server-scenarios.mjs";

/** connect-go speaks gRPC, and Connect as `connect-go-connect`. */
const LIBRARIES = ["grpc-go", "connect-go", "connect-go-connect"];
/** What proxies for gRPC let pass. */
const OVER_GRPC = ["grpc-go", "connect-go"];

/** `title`, `scenarios`, `peers`, `side`: what the peer is, `run(scenario, peer, proxy)`: resolves to `{ ms, told }`; `proxied`: in the long run these also through proxies, what passes them. */
export const groups = {
  "go-clients": {
    title: "Go clients, Sluice server",
    side: "client",
    peers: LIBRARIES,
    scenarios: serverScenarios,
    run: async (scenario, library, via) => runGoClient(scenario, (await goPrograms()).walker, library, via),
    proxied: OVER_GRPC,
  },
  "go-servers": {
    title: "Sluice client, Go servers",
    side: "server",
    peers: LIBRARIES,
    scenarios: leavingGoServers,
    run: async (scenario, library, via) => runAgainstGo(scenario, (await goPrograms()).peer, library, via),
    proxied: OVER_GRPC,
  },
  told: {
    title: "What a Sluice client is told",
    side: "server",
    peers: LIBRARIES,
    scenarios: clientScenarios,
    run: async (scenario, library) => runAgainstGo(scenario, (await goPrograms()).peer, library),
  },
  awful: {
    title: "close() on servers of frames by hand",
    side: "server",
    peers: ["awful"],
    scenarios: awfulServers,
    run: async (scenario) => runAwful(scenario, (await goPrograms()).awful),
  },
};
