/*
 * Requests and responses of node:http by their shapes: who uses this package need not have the types of Node.
 */

/** An `IncomingMessage` of node:http. */
export interface NodeRequest {
  readonly httpVersionMajor: number;
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** A `ServerResponse` of node:http. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
}

/**
 * What answers requests of node:http: an Express application, or a function of one's own. Its parameters are an `IncomingMessage` and a
 * `ServerResponse`: write their types, `never` stands here so that every handler fits.
 */
export type NodeRequestHandler = (request: never, response: never) => unknown;
