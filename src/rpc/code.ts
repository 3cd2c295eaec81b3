export * as CodeNumber from "./code-number.js";

/** The names of gRPC's status codes, by number. */
export const CODE_NAMES = [
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
export type CodeName = (typeof CODE_NAMES)[number];

/** A status code: by name, or the bare number of a code that has no name (17 and up pass through as they came). */
export type Code = CodeName | number;

/** The name of a code's number; the number itself where it has none. */
export function codeFromNumber(number: number): Code {
  return CODE_NAMES[number] ?? number;
}

/** The number of a code; -1 for what is none. */
export function codeToNumber(code: Code): number {
  return typeof code === "number" ? code : CODE_NAMES.indexOf(code);
}
