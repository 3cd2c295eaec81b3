// A client that reads a stream until somebody kills it.
import { createClient } from "sluice";
import { connect } from "sluice/node";
import { Chat } from "../../build/gen/chat_pb.js";

const client = createClient(Chat, connect(process.argv[2]));
for await (const event of client.watch({ room: "doomed", everyMs: 1 })) {
  if (event.number === 1) console.log("reading");
}
