// One experiment, seen from the client:  node --expose-gc client.mjs LIBRARY EXPERIMENT HOST:PORT NOTES_PORT
// Prints `result {"good":…,"told":…}`. Ends itself, but where the experiment is whether it ends by itself.
import { get } from "node:http";
import { experiments, within } from "./experiments.mjs";
import { load } from "./libraries/index.mjs";

const [library, name, address, notesPort] = process.argv.slice(2);
const { connect, codeOf } = await load(library);
const experiment = experiments[name];
const id = `${process.pid}.${name}`;

function notes(script) {
  return new Promise((resolve, reject) => {
    const request = get(
      { port: Number(notesPort), host: "127.0.0.1", path: `/${encodeURIComponent(script)}`, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text)));
      },
    );
    request.on("error", reject);
  });
}

/** What is known of the script's handlers once none runs any more, or after the limit. */
async function idle(script, limitMs = 1000) {
  let known = {};
  await within(limitMs, async () => {
    known = await notes(script);
    return (known.active ?? 0) === 0;
  });
  return known;
}

const result = await experiment.run({
  client: connect(address),
  script: (what) => `${what}/${id}`,
  server: { notes, idle },
  codeOf,
  collect: () => globalThis.gc(),
});
process.stdout.write(`result ${JSON.stringify(result)}\n`, () => {
  if (!experiment.exits) process.exit();
});
