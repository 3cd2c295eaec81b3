// Sluice in a process of its own, to be killed:
//   node sluice-process.mjs server                  prints `listening on HOST:PORT`
//   node sluice-process.mjs client ADDRESS KIND     leaves a call open, and prints `open`
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { scriptedRoutes } from "./handlers.mjs";
import { walk } from "./walk.mjs";

process.stdin.on("end", () => process.exit()).resume();
const [what, address, kind] = process.argv.slice(2);
if (what === "server") {
  const server = await serve({ routes: scriptedRoutes(TestService, []) });
  console.log(`listening on 127.0.0.1:${server.port}`);
} else {
  const client = createClient(TestService, connect(`http://${address}`, { protocol: "triple" }));
  await walk(client, { kind, script: "park" }, {}, () => console.log("open"));
}
