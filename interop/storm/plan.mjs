// What one call of a storm does at both ends. Client and server derive the same plan from the seed and the call's number.
import { Random } from "./random.mjs";

/** No call may run so long: one that does has hung. */
export const GUARD_MS = 20_000;

const clientEnds = {
  unary: [
    [6, "wait"],
    [2, "cancel"],
    [1, "deadline"],
  ],
  client: [
    [5, "finish"],
    [2, "walk away"],
    [2, "cancel"],
    [1, "deadline"],
    [1, "leave block"],
  ],
  server: [
    [5, "read"],
    [2, "break"],
    [1, "throw"],
    [2, "cancel"],
    [1, "deadline"],
    [1, "close"],
    [1, "walk away"],
  ],
  bidi: [
    [3, "talk"],
    [3, "pump"],
    [1, "walk away"],
    [2, "break"],
    [2, "cancel"],
    [1, "deadline"],
    [1, "close"],
    [1, "leave block"],
  ],
};

const serverEnds = [
  [12, "answer"],
  [2, "error"],
  [1, "cancel"],
  [1, "early"],
  [1, "hang"],
];

/** Ends by which the client ends the call itself, whatever the server does. */
const LEAVES = new Set(["cancel", "deadline", "break", "throw", "close", "leave block"]);

/**
 * `kind`; `clientEnd`, `serverEnd`: how each end ends it; `messages` in each direction; `clientAt`, `serverAt`: after how many messages
 * an end is to come that is not the natural one; `moment`: when a cancel comes; `pauses`: ms that the server waits before each message.
 */
export function planOf(seed, id) {
  const random = new Random(seed, id);
  const kind = random.of([
    [3, "unary"],
    [2, "client"],
    [2.5, "server"],
    [2.5, "bidi"],
  ]);
  const clientEnd = random.of(clientEnds[kind]);
  const messages = kind === "unary" ? 1 : Math.min(60, Math.floor(random.around(6)));
  let serverEnd = random.of(serverEnds);
  // A server that never ends, and a client that leaves at a message that does not come: what would end that call?
  if (serverEnd === "hang" && clientEnd !== "cancel" && clientEnd !== "deadline") serverEnd = "answer";
  return {
    kind,
    clientEnd,
    serverEnd,
    messages,
    clientAt: random.whole(0, messages),
    serverAt: random.whole(0, messages),
    bytes: random.of([
      [20, 40],
      [5, 1000],
      [1, 20_000],
    ]),
    pauses: random.chance(0.1) ? random.whole(1, 8) : 0,
    moment: random.of([
      [1, { turns: 0 }],
      [1, { microtasks: random.whole(1, 8) }],
      [2, { turns: random.whole(1, 3) }],
      [3, { ms: random.whole(1, 25) }],
    ]),
    timeoutMs: clientEnd === "deadline" ? random.whole(1, 60) : clientEnd === "walk away" ? random.whole(200, 800) : GUARD_MS,
    waitForReady: random.chance(0.5),
  };
}

/** The codes with which a call of this plan may end; the network may end any with `unavailable`. */
export function allowedCodes({ clientEnd, serverEnd }) {
  const codes = new Set(["unavailable"]);
  if (serverEnd !== "hang") codes.add(serverEnd === "error" ? "aborted" : serverEnd === "cancel" ? "cancelled" : "ok");
  // The server's end comes after `serverAt` messages, which a client that walks or is quick does not send.
  if (serverEnd === "error" || serverEnd === "cancel") codes.add("ok");
  // Who walks away from more than the stream's window holds is ended by the deadline, or by the collector.
  if (clientEnd === "walk away") codes.add("deadline_exceeded").add("cancelled");
  if (clientEnd === "deadline") codes.add("deadline_exceeded");
  else if (LEAVES.has(clientEnd)) codes.add("cancelled");
  return codes;
}

/** The bytes of a message: known to both ends, so that each can see that they are the ones. */
export function bodyOf(plan, id, sequence) {
  return new Uint8Array(plan.bytes + (sequence % 7)).fill((id * 31 + sequence) & 255);
}

/** Whether `body` is that of this message: its length, and bytes at its ends and in between. */
export function isBodyOf(body, plan, id, sequence) {
  if (body.length !== plan.bytes + (sequence % 7)) return false;
  const value = (id * 31 + sequence) & 255;
  for (let at = 0; at < body.length; at += 97) if (body[at] !== value) return false;
  return body[body.length - 1] === value;
}
