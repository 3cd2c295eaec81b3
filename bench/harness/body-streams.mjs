// Server-streaming in protocols that say the status in the body: what differs is the content-type.
import { serverRows } from "./contestants.mjs";
import { framed } from "./payload.mjs";
import { rateMetrics, rateUnderH2load } from "./rates.mjs";

const MESSAGES = 1000;
const body = framed(MESSAGES, 43);

export function bodyStreaming(name, protocol, type) {
  return {
    name,
    title: `${protocol}, server-streaming, 43-byte messages`,
    how: "h2load -c 4 -m 2, HTTP/2, 1,000 messages a stream",
    needs: ["h2load"],
    metrics: rateMetrics("messages"),
    plot: "rate",
    contestants: serverRows("sluice", "sluice-generator", "connect-go", "connect-node"),
    measure: ({ server }, timing) =>
      rateUnderH2load(
        server,
        timing,
        { path: "Server", body, type, expect: body.length * MESSAGES, countBytes: true, c: 4, m: 2 },
        MESSAGES,
      ),
    bars: [
      { metric: "rate", peer: "connect-node", times: 7 },
      { metric: "cpu", peer: "connect-node", times: 7 },
    ],
  };
}
