import { Field, FieldKind } from "../../base/field.js";
import type { ClientProtocol } from "../../exchange/client-protocol.js";
import { VERSION } from "../../rpc/version.js";
import { unaryFamilyClient } from "../connect/unary-family-client.js";
import { TRIPLE_CODES } from "./code.js";
import { tripleTimeoutFields } from "./timeouts.js";

const USER_AGENT = /* @__PURE__ */ new Field("user-agent", `triple-sluice/${VERSION}`, false, FieldKind.userAgent);

/** The version that dubbo-go speaks: of any other it wants nothing. */
export const PROTOCOL_VERSION = "0.1.0";
const VERSION_OF_GO = /* @__PURE__ */ new Field("triple-protocol-version", PROTOCOL_VERSION, false, FieldKind.tripleProtocolVersion);
/** The version of the written specification, which dubbo-js may ask for; the others do not look at it. */
const VERSION_OF_SPECIFICATION = /* @__PURE__ */ new Field("tri-protocol-version", "1.0.0", false, FieldKind.tripleProtocolVersion);

/** Unary calls of Triple as plain HTTP, the client's side, with messages in this codec: over HTTP/1.1 and HTTP/2. */
export function tripleHttpClient(codec: string): ClientProtocol {
  return unaryFamilyClient(codec, {
    name: "triple",
    title: "Triple",
    codes: TRIPLE_CODES,
    own: [USER_AGENT, VERSION_OF_GO, VERSION_OF_SPECIFICATION],
    timeoutFields: tripleTimeoutFields,
  });
}
