/* The numbers of gRPC's status codes, for the parts of Sluice that compute with them: constants of a module, which bundlers put in their places. */

export const ok = 0;
export const cancelled = 1;
export const unknown = 2;
export const invalid_argument = 3;
export const deadline_exceeded = 4;
export const not_found = 5;
export const already_exists = 6;
export const permission_denied = 7;
export const resource_exhausted = 8;
export const failed_precondition = 9;
export const aborted = 10;
export const out_of_range = 11;
export const unimplemented = 12;
export const internal = 13;
export const unavailable = 14;
export const data_loss = 15;
export const unauthenticated = 16;
