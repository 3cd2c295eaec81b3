import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Greeter } from "./gen/greet_pb.js";

const channel = connect("http://127.0.0.1:8080");
const greeter = createClient(Greeter, channel, { timeoutMs: 5_000 });

// server-streaming: leaving the loop cancels the call, and the server hears it
const count = greeter.count({ to: 1_000_000 });
for await (const number of count) {
  if (number.value === 3) break;
}
console.log("count:", (await count.outcome).code);

// client-streaming: finish() half-closes and gives the response
const sum = greeter.sum();
await sum.send({ value: 20 });
await sum.send({ value: 22 });
console.log("sum:", (await sum.finish()).value);

// bidi: two halves that do not wait for each other
const talk = greeter.talk();
await talk.send({ name: "Grace" });
console.log("talk:", (await talk.receive())?.text);
talk.closeSend(); // no more requests; responses may still come
console.log("talk:", await talk.receive()); // undefined: a good end
console.log("talk:", (await talk.close()).code); // the outcome, in bounded time, whatever the server does

await channel.close();
