// The page of web.mjs with the small client.

import { Bench } from "schema";
import { connect, createClient } from "sluice/page";

const client = createClient(Bench, connect("/api"));

export const ask = (id) => client.unary({ id });

export async function* watch(id) {
  for await (const event of client.server({ id })) yield event;
}
