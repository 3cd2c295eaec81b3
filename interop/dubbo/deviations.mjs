// What a version of dubbo-go cannot do, and why; what is seen instead is checked. Sides are dubbo-go's.

const NO_DETAILS =
  "dubbo-go's server makes every error but code 17 anew before it sends it (proxy_factory/default.go), without its details";
const NO_17 = "dubbo-go's client knows the codes up to 16 in errors of Triple HTTP, and takes 17 for unknown (protocol_triple.go, asError)";
const NO_METADATA =
  "a unary call of 3.3.0 gives its caller neither headers nor trailers (WithResponseHeader and WithResponseTrailer came later)";
const NO_HEADERS = "SetHeader and SetTrailer of 3.3.0 find no connection in unary handlers";
const NO_STREAM_HEADERS =
  "a client-streaming handler of dubbo-go cannot set headers or trailers: SetHeader and SetTrailer find no connection";
const NO_CASE = "3.3.0 has names of methods in the proto file's case alone";

const NO_REASON = "3.3.0 sends application/grpc+hessian2, and of the answer to an unknown content-type it shows the HTTP status alone";
const NO_CLOSE = "CloseResponse and Close of 3.3.0 read the response to its end first, which a server that goes on does not send";
const NO_CANCEL =
  "a cancelled context says nothing to the server while the requests of a bidi call are open: dubbo-go waits for them to end";

const JAVA_NO_JSON = "Dubbo Java answers gRPC in JSON for no service that is generated from a proto file: HTTP status 500";
const JAVA_NO_HTTP =
  'Dubbo Java answers plain HTTP for no service that is generated from a proto file: {"message":"Invoker not found","status":"404"}';
const JAVA_ERRORS =
  "an error of a handler in Dubbo Java has a code and a message, in which no character above U+007F survives, and no details";
const JAVA_NO_17 = "Dubbo Java's handlers have the codes of gRPC, and no other";
const JAVA_CLIENT_NO_17 = "a client of Dubbo Java takes a code that gRPC has no name for, as 17 is, for a cancelled call";
const JAVA_CLIENT_DETAILS = "a client of Dubbo Java is not told the details of an error";
const JAVA_CLIENT_TRAILERS = "attachments of a response are trailers to a client of Dubbo Java, headers are none";
const JAVA_CLIENT_ATTACHMENTS = "a client of Dubbo Java has no way to the attachments of a stream's response";
const JAVA_NOT_TOLD = "a handler of Dubbo Java that reads no stream is not told when the connection of its client is lost";
const JAVA_TRAILERS = "attachments of a response are trailers in Dubbo Java";
const JAVA_NO_ATTACHMENTS = "a server-streaming handler of Dubbo Java has no attachments for its response: they are sent when it is called";
const JAVA_FALLBACK = "Dubbo Java falls back to the service without group and version";

/** What comes of an end that the server does not hear. */
const STAYS_OPEN = { staysOpen: true };
const NOTHING = { name: "", bytes: 0, messages: 0 };

const LIST = [
  { side: "server", event: /^error (with details|mid-stream)$/, instead: { details: [] }, why: NO_DETAILS },
  { side: "client", event: /^code 17$/, form: /http/, instead: { code: 2 }, why: NO_17 },
  {
    side: "client",
    version: "3.3.0",
    event: /^metadata/,
    form: /^unary (proto|json)$/,
    instead: { headers: {}, trailers: {} },
    why: NO_METADATA,
  },
  { side: "server", event: /^metadata/, form: /^client/, instead: { headers: {}, trailers: {} }, why: NO_STREAM_HEADERS },
  { side: "server", version: "3.3.0", event: /^metadata/, form: /unary/, instead: { headers: {}, trailers: {} }, why: NO_HEADERS },
  { side: "client", version: "3.3.0", event: /^method/, form: /^unary (proto|json)$/, instead: { code: 2, ...NOTHING }, why: NO_CASE },
  { side: "client", version: "3.3.0", event: /^arguments/, instead: { code: 2, says: "415" }, why: NO_REASON },
  { side: "server", version: "Java", event: /^success/, form: /unary json/, instead: { code: 2, ...NOTHING }, why: JAVA_NO_JSON },
  { side: "server", version: "Java", event: /^success/, form: /http/, instead: { code: 12, ...NOTHING }, why: JAVA_NO_HTTP },
  {
    side: "server",
    version: "Java",
    event: /^error with/,
    instead: { message: "NOT_FOUND : no such thing: \ufffd", details: [] },
    why: JAVA_ERRORS,
  },
  {
    side: "server",
    version: "Java",
    event: /^error mid/,
    instead: { message: "DATA_LOSS : half of it is gone", details: [] },
    why: JAVA_ERRORS,
  },
  { side: "server", version: "Java", event: /^code 17/, instead: { code: 0, message: "", details: [] }, why: JAVA_NO_17 },
  { side: "client", version: "Java", event: /^code 17/, instead: { code: 1, message: undefined, details: [] }, why: JAVA_CLIENT_NO_17 },
  { side: "client", version: "Java", event: /^error/, instead: { details: [] }, why: JAVA_CLIENT_DETAILS },
  { side: "client", version: "Java", event: /^metadata/, form: /unary/, instead: { headers: {} }, why: JAVA_CLIENT_TRAILERS },
  { side: "client", version: "Java", event: /^metadata/, instead: { headers: {}, trailers: {} }, why: JAVA_CLIENT_ATTACHMENTS },
  { side: "server", version: "Java", event: /^client killed/, form: /^(unary|server)/, instead: STAYS_OPEN, why: JAVA_NOT_TOLD },
  {
    side: "server",
    version: "Java",
    event: /^metadata/,
    form: /^server/,
    instead: { headers: {}, trailers: {} },
    why: JAVA_NO_ATTACHMENTS,
  },
  { side: "server", version: "Java", event: /^metadata/, instead: { headers: {} }, why: JAVA_TRAILERS },
  { side: "server", version: "Java", event: /missed$/, instead: { code: 0, says: undefined }, why: JAVA_FALLBACK },
  { side: "client", version: "3.3.0", event: /^client closes$/, instead: STAYS_OPEN, why: NO_CLOSE },
  { side: "client", event: /^client cancels its context alone$/, instead: STAYS_OPEN, why: NO_CANCEL },
];

/** What is seen instead of what is expected, in the end `{ instead, why }`; undefined where nothing stands in the way. */
export function deviation(side, version, form, event) {
  const found = LIST.find(
    (entry) =>
      entry.side === side &&
      (entry.version === undefined ? !version.startsWith("Java") : version.startsWith(entry.version)) &&
      entry.event.test(event) &&
      (entry.form === undefined || entry.form.test(form)),
  );
  return found && { instead: found.instead, why: found.why };
}
