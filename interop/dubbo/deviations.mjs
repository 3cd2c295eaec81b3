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
  { side: "client", version: "3.3.0", event: /^client closes$/, instead: STAYS_OPEN, why: NO_CLOSE },
  { side: "client", event: /^client cancels its context alone$/, instead: STAYS_OPEN, why: NO_CANCEL },
];

/** What is seen instead of what is expected, in the end `{ instead, why }`; undefined where nothing stands in the way. */
export function deviation(side, version, form, event) {
  const found = LIST.find(
    (entry) =>
      entry.side === side &&
      (entry.version ?? version) === version &&
      entry.event.test(event) &&
      (entry.form === undefined || entry.form.test(form)),
  );
  return found && { instead: found.instead, why: found.why };
}
