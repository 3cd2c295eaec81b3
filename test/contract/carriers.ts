import type { ProtocolName } from "sluice";
import type { InMemoryOptions } from "sluice/testing";
import { overFetch } from "./fetch-carrier.js";
import { overHttp1 } from "./http1-carrier.js";

/** Names of carriers, as options name those that cannot show something. */
export type CarrierName = "memory" | "http2" | "http1" | "fetch";

/** What carries the exchanges of a world. */
export interface ContractCarrier {
  readonly name: CarrierName;
  /** How the titles of tests say it. */
  readonly title: string;
  readonly options: Pick<InMemoryOptions, "transport" | "network" | "channel">;
  /** Those that it cannot carry are left out: a limit of HTTP, which says why. */
  readonly leavesOut: Partial<Record<ProtocolName, string>>;
}

/** gRPC is refused where it cannot be whole; Triple's calls with streams are gRPC's. */
const LEFT_OUT = {
  grpc: "its status stands in trailers, which do not arrive",
  triple: "the status of its streams stands in trailers, which do not arrive",
};

/** The third cuts every write to small pieces, and makes every writer wait. */
export const CARRIERS: readonly ContractCarrier[] = [
  { name: "memory", title: "memory", options: { transport: "memory" }, leavesOut: {} },
  { name: "http2", title: "http2", options: { transport: "http2", network: {} }, leavesOut: {} },
  {
    name: "http2",
    title: "http2 in pieces",
    options: { transport: "http2", network: { maxPieceBytes: 53, highWaterBytes: 2_000 } },
    leavesOut: {},
  },
  {
    name: "http1",
    title: "http1",
    options: { transport: overHttp1, channel: { callsPerConnection: 1, maxConnections: 256 } },
    leavesOut: LEFT_OUT,
  },
  { name: "fetch", title: "fetch", options: { transport: overFetch, channel: { maxConnections: 1 } }, leavesOut: LEFT_OUT },
];

/** Limits of HTTP where it is not HTTP/2: reasons for `skip`. */
export const HALF_DUPLEX = {
  http1: "HTTP/1.1 is half-duplex: a response follows its request",
  fetch: "fetch is half-duplex: a response follows its request",
};
export const NO_RESET_CODE = {
  http1: "HTTP/1.1 has no reset code: whoever gives up closes the connection, and why is not told",
  fetch: "fetch has no reset code: whoever gives up breaks the body off, and why is not told",
};
export const NO_GOAWAY = { http1: "HTTP/1.1 has no GOAWAY: a server says only in the head of a response that it goes away" };
export const ONE_AT_A_TIME = { http1: "a connection of HTTP/1.1 carries one exchange at a time" };
export const RESTING = { http1: "a connection of HTTP/1.1 that rests between two exchanges has timers of its own" };
export const NO_CONNECTION = { fetch: "fetch keeps its connections to itself: nobody sees one begin, fill, drain or end" };
/** Of a connection that was lost. */
export const NOT_SAID = "a lost connection does not say what its peer has read";
export const NO_TRAILERS = { fetch: "a request or response of fetch has no trailers" };
export const NO_CREDIT = {
  http1: "HTTP/1.1 has no flow control of its own: what may be sent is what finds room on the way",
  fetch: "fetch has no flow control of its own: what may be sent is what finds room on the way",
};
export const NO_ORDER = {
  http1: "calls at once over HTTP/1.1 have a connection each, and no order among them",
  fetch: "requests of fetch have no order among them",
};
export const ONE_FIELD = { fetch: "fetch gives repeated fields as one" };
export const NEVER_BEGUN = {
  http1: "HTTP/1.1 has no reset: to give up is to close, and what was not written yet goes with it",
  fetch: "a fetch that is aborted before its body was asked for sends nothing of it",
};
