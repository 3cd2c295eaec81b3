// The demo: a server on one port, and a client that goes through the situations of situations.mjs.
import { EventEmitter, getEventListeners } from "node:events";
import { createClient } from "sluice";
import { connect, serve } from "sluice/node";
import { mountHealth, mountReflection } from "sluice/services";
import { Chat } from "../../build/gen/chat_pb.js";
import { chat } from "./chat.mjs";
import { situations } from "./situations.mjs";

const once = process.argv.includes("--once");
const portAt = process.argv.indexOf("--port");
const port = portAt === -1 ? (once ? 0 : 8080) : Number(process.argv[portAt + 1]);

let onEnd = () => {};
const bus = new EventEmitter();
const server = await serve({
  port,
  routes: (r) => {
    r.service(
      Chat,
      chat((end) => onEnd(end), bus),
    );
    mountHealth(r);
    mountReflection(r);
  },
});
console.log(`\nA Sluice server listens on ${server.url}. Try it with`);
console.log(`  grpcurl -plaintext -d '{"text":"hi"}' 127.0.0.1:${server.port} demo.v1.Chat/Say`);
console.log(`  npx buf curl --schema proto --protocol grpc --http2-prior-knowledge -d '{"text":"hi"}' ${server.url}/demo.v1.Chat/Say\n`);

const channel = connect(server.url);
/** Every call of the client listens to this signal while it runs. */
const { signal } = new AbortController();
const client = withSignal(createClient(Chat, channel));
const world = { client, channel, server, url: server.url, nextEnd: () => new Promise((resolve) => (onEnd = resolve)) };
console.log(`hello: ${(await client.say({ text: "hello" })).text}\n`);

let failures = 0;
for (const { title, about, run } of situations) {
  const began = performance.now();
  const { client: clientSaw, server: serverSaw, ok } = await run(world);
  if (!ok) failures++;
  console.log(`${ok ? "✓" : "✗"} ${title}  (${(performance.now() - began).toFixed(0)} ms)`);
  console.log(`    elsewhere: ${about}`);
  console.log(`    client:    ${clientSaw}`);
  console.log(`    server:    ${serverSaw}`);
}

await channel.close();
await quiet();
const left = { client: channel.statistics(), server: server.statistics() };
const rows = [
  ["open streams", left.client.openStreams, left.server.openStreams],
  ["open calls", left.client.openCalls, left.server.openCalls],
  ["connections", left.client.openConnections, left.server.openConnections],
  ["running handlers", "-", left.server.runningHandlers],
  ["listeners", getEventListeners(signal, "abort").length, bus.listenerCount("message")],
  ["timers", left.client.timers, left.server.timers],
];
console.log(`\n${"what is left".padEnd(20)}${"client".padStart(8)}${"server".padStart(8)}`);
for (const [name, ofClient, ofServer] of rows) {
  console.log(`${name.padEnd(20)}${String(ofClient).padStart(8)}${String(ofServer).padStart(8)}`);
  if ((ofClient !== 0 && ofClient !== "-") || ofServer !== 0) failures++;
}
console.log(failures === 0 ? "\nEvery stream ended as promised." : `\n${failures} of the promises above were not kept.`);

if (once) {
  await server.close({ graceMs: 1_000 });
  process.exitCode = failures === 0 ? 0 : 1;
} else {
  console.log("The server stays up; Ctrl-C drains it.");
  const stop = async () => {
    console.log("\ndraining …");
    const { cutOff } = await server.close({ graceMs: 5_000 });
    console.log(cutOff.length === 0 ? "all calls had ended" : `cut off: ${cutOff.map(({ method }) => method).join(", ")}`);
    process.exitCode = failures === 0 ? 0 : 1;
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
}

/** The client, with the demo's signal among the options of each call. */
function withSignal({ say, watch, upload, converse }) {
  return {
    say: (request, options) => say(request, { signal, ...options }),
    watch: (request, options) => watch(request, { signal, ...options }),
    upload: (options) => upload({ signal, ...options }),
    converse: (options) => converse({ signal, ...options }),
  };
}

/** The server hears of the last connection's end a moment later. */
async function quiet() {
  for (let i = 0; i < 100 && server.statistics().openConnections > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
}
