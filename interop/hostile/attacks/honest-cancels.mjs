// No attack at all, though servers have taken it for one (node#56306): 2,000 cancelled calls on one connection leave it up.
import { grpcStatus } from "../../raw/connection.mjs";
import { reset } from "../../raw/frames.mjs";
import { fate } from "../verdicts.mjs";

export const name = "2,000 honest cancels";

const CANCELS = 2000;
const AT_ONCE = 20;

export async function attack(target) {
  const connection = await target.open();
  let id = 1;
  for (let done = 0; done < CANCELS && !connection.ended; done += AT_ONCE) {
    const ids = Array.from({ length: AT_ONCE }, () => (id += 2));
    connection.write(...ids.map((stream) => target.request("duplex", stream, { end: false })));
    // Each has had its first answer before it is cancelled.
    await connection.until(() => connection.ended || ids.every((stream) => connection.stream(stream).bytes > 0), 5000);
    connection.write(...ids.map((stream) => reset(stream)));
  }
  const last = id + 2;
  connection.write(target.request("unary", last));
  const after = await connection.over(last, 3000);
  if (grpcStatus(after) !== "0") throw new Error(`the connection after ${(id - 1) / 2} cancels: ${fate(connection)}`);
  return `${CANCELS} calls cancelled after their first message: ${fate(connection)}`;
}
