import { badOption } from "../base/usage-error.js";

/** A base URL, taken apart. */
export interface BaseUrl {
  /** What stands before every path, without a slash at its end. */
  readonly base: string;
  readonly scheme: "http" | "https";
  readonly authority: string;
}

const RANGE = '"https://host", "http://host:port", either with a path, or a path in a page';

/** Takes `https://host/prefix` apart; in a page also what is relative to it. Throws `UsageError` for anything else. */
export function parseBaseUrl(text: string): BaseUrl {
  if (typeof text !== "string") badOption("baseUrl", text, RANGE);
  let url: URL;
  try {
    url = new URL(text, (globalThis as { readonly location?: { readonly href: string } }).location?.href);
  } catch {
    return badOption("baseUrl", text, RANGE);
  }
  const { protocol, host, origin, pathname } = url;
  if (protocol !== "http:" && protocol !== "https:") badOption("baseUrl", text, RANGE);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    badOption("baseUrl", text, `${RANGE}, without user, password, query or fragment`);
  }
  return { base: origin + pathname.replace(/\/+$/, ""), scheme: protocol === "https:" ? "https" : "http", authority: host };
}
