import { createClient, RpcError } from "sluice";
import { connect } from "sluice/node";
import { Greeter } from "./gen/greet_pb.js";

const channel = connect("http://127.0.0.1:8080");
const greeter = createClient(Greeter, channel, { timeoutMs: 5_000 });

const reply = await greeter.greet({ name: "Ada" });
console.log(reply.text);

try {
  await greeter.greet({ name: "" });
} catch (error) {
  if (error instanceof RpcError) console.log(`${error.code}: ${error.message}`);
}

await channel.close();
