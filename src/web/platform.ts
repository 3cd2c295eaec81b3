/*
 * The platform's own types where the compiler knows them, else what is needed of them: users compile without DOM and without Node's types.
 */

/** The platform's `fetch`. */
export type FetchFunction = typeof globalThis extends { fetch: infer Fetch } ? Fetch : (url: string, init: object) => Promise<object>;

/** The platform's `Request`. */
export type FetchRequest = typeof globalThis extends { Request: { prototype: infer Request } } ? Request : { readonly url: string };

/** The platform's `Response`. */
export type FetchResponse = typeof globalThis extends { Response: { prototype: infer Response } } ? Response : { readonly status: number };
