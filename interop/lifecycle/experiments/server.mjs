// A server of one library, with a second port that tells what its handlers do:  node server.mjs LIBRARY
import { createServer } from "node:http";
import { makeHandlers } from "./handlers.mjs";
import { load } from "./libraries/index.mjs";

const { serve } = await load(process.argv[2]);
const { handlers, notes } = makeHandlers();
const port = await serve(handlers);
const telling = createServer((request, response) => {
  const known = notes.get(decodeURIComponent(request.url.slice(1))) ?? {};
  response.end(JSON.stringify(known));
}).listen(0, "127.0.0.1", () => console.log(`notes on ${telling.address().port}\nlistening on 127.0.0.1:${port}`));
process.stdin.on("end", () => process.exit()).resume();
