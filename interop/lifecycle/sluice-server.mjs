// A Sluice server with the scripted handlers, to be killed.
import { serve } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";
import { scriptedService } from "./scripted-service.mjs";

const { service } = scriptedService();
const server = await serve({ routes: (r) => r.service(TestService, service) });
console.log(`listening on 127.0.0.1:${server.port}`);
process.stdin.on("end", () => process.exit()).resume();
