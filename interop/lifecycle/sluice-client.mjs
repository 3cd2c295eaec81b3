// A Sluice client to be killed: opens a stream, says so, and waits.  node sluice-client.mjs URL [SCRIPT]
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { TestService } from "../../build/gen/grpc-testing_pb.js";

const client = createClient(TestService, connect(process.argv[2]));
const call = client.fullDuplexCall({ headers: { "x-script": process.argv[3] ?? "hold" } });
await call.send({ responseParameters: [{ size: 10 }] });
await call.receive();
console.log("open");
process.stdin.on("end", () => process.exit()).resume();
await call.receive();
