import { textOf } from "../rpc/rpc-error.js";

/** One sentence on why a fetch has failed. Browsers tell a page next to nothing: the sentence says what it may have been. */
export function whyUnreachable(url: string, error: unknown, streams: boolean): string {
  const because = `the request to ${url} failed: ${textOf(error)}${causeOf(error)}`;
  const page = (globalThis as { readonly location?: { readonly origin: string } }).location?.origin;
  if (page === undefined) return because;
  const reasons = ["the server cannot be reached"];
  if (new URL(url).origin !== page) reasons.push(`it does not allow pages of ${page} to call it (CORS)`);
  if (streams) reasons.push("the connection is not HTTP/2, which streamed requests need");
  return `${because}; perhaps ${reasons.join(", or ")}`;
}

/** Runtimes other than browsers say more in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { readonly message?: string; readonly code?: string } | undefined) : undefined;
  const text = cause?.message || cause?.code;
  return text === undefined ? "" : `: ${text}`;
}
