// A page that makes a unary call and a server-streaming one.

import { Bench } from "schema";
import { createClient } from "sluice/client";
import { connect } from "sluice/web";

const client = createClient(Bench, connect("/api"));

export const ask = (id) => client.unary({ id });

export async function* watch(id) {
  for await (const event of client.server({ id })) yield event;
}
