// The application of app.mjs, moved from connect-node to Sluice: two lines are others.
//   node examples/coming-from-connect-es/main.mjs
import { connectRoutes, createClient, createTransport } from "sluice/compat/connect-es";
import { connect, serve } from "sluice/node";
import { Chat } from "../../build/gen/chat_pb.js";
import { named, routes, visit } from "./app.mjs";

// was: http2.createServer(connectNodeAdapter({ routes })).listen(8080)
const server = await serve({ routes: connectRoutes(routes) });
const channel = connect(server.url, { protocol: "connect" });
try {
  // was: createConnectTransport({ baseUrl: "http://127.0.0.1:8080", httpVersion: "2", interceptors: [named] })
  const transport = createTransport(channel, { interceptors: [named] });
  for (const line of await visit(transport)) console.log(line);

  // what one more line gives, createClient of this package: leaving a loop ends the handler, which would go on to a million
  const chat = createClient(Chat, transport);
  for await (const { number } of chat.watch({ room: "a", limit: 1_000_000 })) if (number === 3) break;
  await untilIdle();
  console.log("after break: no handler runs");
} finally {
  await channel.close();
  await server.close({ graceMs: 0 });
}

/** The server hears of it within a round trip. */
async function untilIdle() {
  for (let turn = 0; turn < 200; turn++) {
    if (server.statistics().runningHandlers === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("the handler runs on");
}
