import { Field, FieldKind, type Fields, findField, NO_FIELDS } from "../base/field.js";
import { badOption, durationOption } from "../base/usage-error.js";

/** Which pages of other origins may call, from a browser ("CORS", Fetch Standard §3.2). */
export interface CorsOptions {
  /** The origins that may: `["https://app.example.org"]`, or `"*"` for all; a function decides for itself. */
  readonly origins: "*" | readonly string[] | ((origin: string) => boolean);
  /** Pages may send cookies and the like. Not with `origins: "*"`. Default false. */
  readonly credentials?: boolean;
  /** The request headers that pages may set, in lower case. Default: those that they ask for. */
  readonly allowHeaders?: readonly string[];
  /** The response headers that pages may read. Default: what the protocols need and, without credentials, all. */
  readonly exposeHeaders?: readonly string[];
  /** How long a browser may keep the answer to a preflight, in ms. Default 7,200,000: the most that browsers keep it. */
  readonly maxAgeMs?: number;
}

/** What the protocols say in headers and a page has to read. */
const NEEDED: readonly string[] = [
  "grpc-status",
  "grpc-message",
  "grpc-status-details-bin",
  "connect-content-encoding",
  "content-encoding",
];

/** Answers preflights, and marks the responses that pages of other origins may read. */
export class Cors {
  private readonly options: CorsOptions;
  private readonly expose: string;
  private readonly maxAge: Field;

  /** Throws `UsageError`. */
  constructor(options: CorsOptions) {
    const { origins, credentials = false, exposeHeaders } = options;
    if (origins !== "*" && typeof origins !== "function" && !Array.isArray(origins)) {
      badOption("cors.origins", origins, '"*", a list of origins, or a function');
    }
    if (origins === "*" && credentials) badOption("cors.credentials", credentials, 'false with origins "*"; name the origins that may');
    this.options = options;
    this.expose = (exposeHeaders === undefined ? [...NEEDED, ...(credentials ? [] : ["*"])] : [...NEEDED, ...exposeHeaders]).join(", ");
    const maxAgeMs = durationOption("cors.maxAgeMs", options.maxAgeMs ?? 7_200_000, 0);
    this.maxAge = plain("access-control-max-age", String(Math.floor(maxAgeMs / 1_000)));
  }

  /** The whole answer to a preflight; undefined when the request is none. */
  preflight(head: Fields): Fields | undefined {
    if (findField(head, ":method") !== "OPTIONS") return undefined;
    const origin = findField(head, "origin");
    const method = findField(head, "access-control-request-method");
    if (origin === undefined || method === undefined) return undefined;
    const answer = [NO_CONTENT, VARY_PREFLIGHT];
    if (!this.allows(origin) || !METHODS.includes(method)) return answer;
    const { allowHeaders } = this.options;
    const asked = findField(head, "access-control-request-headers");
    const headers = allowHeaders === undefined ? asked : allowHeaders.join(", ");
    answer.push(...this.who(origin), ALLOW_METHODS, this.maxAge);
    if (headers !== undefined && headers !== "") answer.push(plain("access-control-allow-headers", headers));
    return answer;
  }

  /** What the response to a request needs, so that the page may read it. */
  responseFields(head: Fields): Fields {
    const origin = findField(head, "origin");
    if (origin === undefined || !this.allows(origin)) return NO_FIELDS;
    return [...this.who(origin), plain("access-control-expose-headers", this.expose)];
  }

  private allows(origin: string): boolean {
    const { origins } = this.options;
    if (origins === "*") return true;
    return typeof origins === "function" ? origins(origin) : origins.includes(origin);
  }

  private who(origin: string): Field[] {
    const { origins, credentials = false } = this.options;
    if (origins === "*") return [ANY_ORIGIN];
    const fields = [plain("access-control-allow-origin", origin), VARY_ORIGIN];
    return credentials ? [...fields, ALLOW_CREDENTIALS] : fields;
  }
}

function plain(name: string, value: string): Field {
  return new Field(name, value, false, FieldKind.plain);
}

const METHODS: readonly string[] = ["POST", "GET"];

const NO_CONTENT = new Field(":status", "204", false, FieldKind.status);
const ANY_ORIGIN = plain("access-control-allow-origin", "*");
const ALLOW_CREDENTIALS = plain("access-control-allow-credentials", "true");
const ALLOW_METHODS = plain("access-control-allow-methods", METHODS.join(", "));
const VARY_ORIGIN = plain("vary", "Origin");
const VARY_PREFLIGHT = plain("vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
