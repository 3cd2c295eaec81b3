import { FieldKind, fieldKind } from "../base/field.js";
import { describe, UsageError } from "../base/usage-error.js";

/** The name of a metadata entry that an application may write: checked, lower case, with what it means. */
export interface MetadataKey {
  readonly name: string;
  readonly kind: number;
}

/** Names are few and come again with every call: what was checked once is kept, up to a bound. */
const known = new Map<string, MetadataKey>();
const MAX_KNOWN = 1024;

/** Checks a name that an application writes. Throws {@link UsageError} for one that is malformed or belongs to a protocol. */
export function metadataKey(name: string): MetadataKey {
  let key = known.get(name);
  if (key === undefined) {
    key = check(name);
    if (known.size < MAX_KNOWN) known.set(name, key);
  }
  return key;
}

/** Whether fields of this name and kind belong to HTTP or to a protocol, so that an application must not write them. */
export function isReserved(name: string, kind: number): boolean {
  return (kind !== FieldKind.plain && kind <= FieldKind.userAgent) || GRPC_OWN.test(name);
}

/** Names that begin with "grpc-", but for those that applications and instrumentation write, not the protocol. */
const GRPC_OWN = /^grpc-(?!(retry-pushback-ms|trace-bin|tags-bin)$)/;

/** `Header-Name` of gRPC over HTTP/2. */
export const KEY: RegExp = /^[0-9a-z_.-]+$/;

/** `ASCII-Value` of gRPC over HTTP/2. */
export const TEXT: RegExp = /^[ -~]*$/;

function check(given: string): MetadataKey {
  const name = String(given).toLowerCase();
  const kind = fieldKind(name);
  const reserved = isReserved(name, kind);
  if (typeof given === "string" && KEY.test(name) && !reserved) return { name, kind };
  const why = reserved ? "belongs to the protocol" : 'must consist of letters, digits, "_", "-" and "."';
  throw new UsageError(`metadata key ${describe(given)} cannot be set: it ${why}`);
}
