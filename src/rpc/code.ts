/** The names of gRPC's status codes, by number. */
const NAMES = [
  "ok",
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

/** A status code by its gRPC name. */
export type CodeName = (typeof NAMES)[number];

/** A status code: by name, or the bare number of a code that has no name (17 and up pass through as they came). */
export type Code = CodeName | number;

/** The numbers of the codes, for the parts of Sluice that compute with them. */
export const CodeNumber: { readonly [Name in CodeName]: number } = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalid_argument: 3,
  deadline_exceeded: 4,
  not_found: 5,
  already_exists: 6,
  permission_denied: 7,
  resource_exhausted: 8,
  failed_precondition: 9,
  aborted: 10,
  out_of_range: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  data_loss: 15,
  unauthenticated: 16,
};

/** The name of a code's number; the number itself where it has none. */
export function codeFromNumber(number: number): Code {
  return NAMES[number] ?? number;
}

/** The number of a code. */
export function codeToNumber(code: Code): number {
  return typeof code === "number" ? code : CodeNumber[code];
}
