// The page of ../../pages/web.mjs with @connectrpc/connect-web.
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { Bench } from "schema";

const client = createClient(Bench, createConnectTransport({ baseUrl: "/api" }));

export const ask = (id) => client.unary({ id });

export async function* watch(id) {
  for await (const event of client.server({ id })) yield event;
}
