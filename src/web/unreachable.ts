import { textOf } from "../rpc/rpc-error.js";

/** One sentence on why a fetch has failed. Browsers tell a page next to nothing: the sentence says what it may have been. */
export function whyUnreachable(url: string, error: unknown, streams: boolean): string {
  const because = `the request to ${url} failed: ${textOf(error)}${causeOf(error)}`;
  const page = (globalThis as { readonly location?: { readonly origin: string } }).location?.origin;
  if (page === undefined) return because;
  const { origin } = new URL(url);
  const spoken = streams ? versionSpoken(origin) : undefined;
  if (spoken === "http/1.1") return `${because}; ${origin} speaks HTTP/1.1, and a browser sends a stream of requests over HTTP/2 alone`;
  const reasons = ["the server cannot be reached"];
  if (origin !== page) reasons.push(`it does not allow pages of ${page} to call it (CORS)`);
  if (streams && spoken === undefined) reasons.push("it speaks HTTP/1.1, and a browser sends a stream of requests over HTTP/2 alone");
  return `${because}; perhaps ${reasons.join(", or ")}`;
}

/** Runtimes other than browsers say more in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as { readonly message?: string; readonly code?: string } | undefined) : undefined;
  const text = cause?.message || cause?.code;
  return text === undefined ? "" : `: ${text}`;
}

/** What a browser keeps of a request (Resource Timing). `nextHopProtocol`: `"http/1.1"`, `"h2"`, `""` where the page must not know. */
interface RequestTiming {
  readonly name: string;
  readonly nextHopProtocol?: string;
}

/** The version of HTTP in which this origin answered last, as far as the page is told. */
function versionSpoken(origin: string): string | undefined {
  const timeline: { getEntriesByType?(type: string): object[] } = performance;
  const kept = ["navigation", "resource"].flatMap((type) => (timeline.getEntriesByType?.(type) ?? []) as RequestTiming[]);
  return kept.reverse().find(({ name, nextHopProtocol }) => nextHopProtocol && name.startsWith(`${origin}/`))?.nextHopProtocol;
}
