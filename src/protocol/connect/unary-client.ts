import type { ClientProtocol } from "../../exchange/client-protocol.js";
import { CONNECT_CODES } from "./code.js";
import { getRequests } from "./get-client.js";
import { USER_AGENT, VERSION_1 } from "./request-head.js";
import { connectTimeoutFields } from "./timeout.js";
import { unaryFamilyClient } from "./unary-family-client.js";

/** Unary calls of Connect, the client's side, with messages in this codec. `get`: methods that are safe go as GET. */
export function connectUnaryClient(codec: string, get: boolean): ClientProtocol {
  const post = unaryFamilyClient(codec, {
    name: "connect",
    title: "Connect",
    codes: CONNECT_CODES,
    own: [USER_AGENT, VERSION_1],
    timeoutFields: connectTimeoutFields,
  });
  return get ? { ...post, bodiless: getRequests } : post;
}
