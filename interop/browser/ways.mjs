// The ways in which the same checks make their calls: each is what page/clients.mjs makes its client of.

const CONNECT = { protocol: "connect" };
const GRPC_WEB = { protocol: "grpc-web" };
const GRPC_WEB_TEXT = { protocol: "grpc-web-text" };
const PAGE = { entry: "sluice/page" };

/** The two clients of Connect. */
export const CONNECTS = { connect: CONNECT, "sluice/page": PAGE };
/** Those which have a form in JSON too. */
export const BINARY = { connect: CONNECT, "grpc-web": GRPC_WEB, "sluice/page": PAGE };
/** The protocols of `sluice/web`. */
export const WEB = { connect: CONNECT, "grpc-web": GRPC_WEB, "grpc-web-text": GRPC_WEB_TEXT };
export const ALL = { ...WEB, "sluice/page": PAGE };
