// How calls are made, and what is to be seen of them: the same for a client of Sluice and one of dubbo-go, whichever the server is.

/** `channel` is how Sluice's client says it, `walker` how dubbo-go's does. */
export const FORMS = [
  { name: "unary proto", kind: "unary", channel: {}, walker: [] },
  { name: "unary json", kind: "unary", channel: { codec: "json" }, walker: ["-json"] },
  { name: "unary http proto", kind: "unary", channel: { tripleUnary: "http" }, walker: ["-form", "http"] },
  { name: "unary http json", kind: "unary", channel: { httpVersion: "1.1", codec: "json" }, walker: ["-form", "http", "-json"] },
  { name: "unary wrapper", kind: "wrapper", walker: ["-form", "wrapper"] },
  { name: "client", kind: "client", channel: {}, walker: [] },
  { name: "server", kind: "server", channel: {}, walker: [] },
  { name: "bidi", kind: "bidi", channel: {}, walker: [] },
];

/** The kinds of calls that most cases are about. */
export const KINDS = ["unary", "client", "server", "bidi"];
const STREAMS = ["client", "server", "bidi"];
const DETAILS = { 5: "08051203776879", 17: "08111203776879", 15: "080f1203776879" };

/**
 * Calls that end by themselves. `expected(kind)`: what is to be seen, and nothing is said of what it leaves out. `side`: of dubbo-go, where
 * it is not for both. */
export const CASES = [
  { event: "success", script: "", expected: (kind) => ({ code: 0, ...whole(kind, "/"), headers: {}, trailers: {} }) },
  { event: "error with details", script: "error", expected: () => failed(5, "no such thing: é") },
  { event: "code 17", script: "biz", expected: () => failed(17, "out of credit") },
  {
    event: "metadata both ways",
    script: "metadata",
    expected: (kind) => ({
      code: 0,
      ...whole(kind, "/1"),
      headers: { "head-a": "1", "head-b": "2" },
      trailers: { "tail-a": "1", "tail-b": "2" },
    }),
  },
  { event: "group and version", script: "", key: { group: "blue", version: "2.0.0" }, expected: (kind) => whole(kind, "blue/2.0.0") },
  { event: "group missed", script: "", key: { group: "green", version: "1.0.0" }, expected: () => ({ code: 12, says: "green" }) },
  { event: "version missed", script: "", key: { group: "blue" }, expected: () => ({ code: 12, says: "blue" }) },
  {
    event: "error mid-stream",
    script: "mid-error",
    kinds: STREAMS,
    expected: (kind) => ({ ...failed(15, "half of it is gone"), messages: kind === "client" ? 0 : 2 }),
  },
  { event: "half-close", script: "after", kinds: ["bidi"], expected: () => ({ code: 0, messages: 6 }) },
  {
    event: "method with a small letter",
    script: "",
    kinds: ["unary"],
    method: "unaryCall",
    side: "client",
    expected: (kind) => whole(kind, "/"),
  },
  {
    event: "arguments in hessian2 are refused by name",
    script: "",
    kinds: ["wrapper"],
    side: "client",
    expected: () => ({ code: 13, says: "serialised with hessian2" }),
  },
];

function whole(kind, name) {
  const messages = STREAMS.indexOf(kind) > 0 ? 3 : 1;
  return kind === "unary" ? { name, bytes: 3, messages } : { messages };
}

function failed(code, message) {
  return { code, message, details: [`grpc.testing.EchoStatus ${DETAILS[code]}`] };
}
