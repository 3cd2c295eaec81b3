import { encodeBase64 } from "../../base/base64.js";
import type { Fields } from "../../base/field.js";
import { decodeUtf8 } from "../../base/utf8.js";
import type { BodilessRequest, Encoding, Target } from "../../exchange/client-protocol.js";
import type { Method } from "../../rpc/method.js";
import { acceptEncoding, pseudoFields, USER_AGENT } from "./request-head.js";

/** The longest path, with its query, that is asked for with GET: many servers and proxies take no more. */
const MAX_PATH_BYTES = 8_000;

/** GET requests of a method that is safe ("Unary-Get-Request" of the Connect protocol); undefined for any other method. */
export function getRequests(target: Target, method: Method, encoding: Encoding): BodilessRequest | undefined {
  if (!method.safe) return undefined;
  const { codec, send, accept } = encoding;
  return (message, compressed): Fields | undefined => {
    const text = codec === "json" && !compressed;
    const value = text ? encodeURIComponent(decodeUtf8(message)) : base64Url(message);
    const form = `${text ? "" : "base64=1&"}${compressed ? `compression=${encodeURIComponent(send)}&` : ""}encoding=${codec}`;
    // the message last, so that what caches and logs cut off is not what tells requests apart
    const path = `${method.path}?connect=v1&${form}&message=${value}`;
    if (path.length > MAX_PATH_BYTES) return undefined;
    const fields = [...pseudoFields("GET", target, path), USER_AGENT];
    if (accept.length > 0) fields.push(acceptEncoding(accept));
    return fields;
  };
}

function base64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_");
}
