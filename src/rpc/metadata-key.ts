import { FieldKind, fieldKind } from "../base/field.js";
import { UsageError } from "../base/usage-error.js";

/** The name of a metadata entry that an application may write: checked, lower case, with what it means. */
export interface MetadataKey {
  readonly name: string;
  readonly kind: number;
  /** Ends in `-bin`: its values are bytes. */
  readonly binary: boolean;
  /** Its values are never entered into a compression table. */
  readonly sensitive: boolean;
}

/** Names are few and come again with every call: what was checked once is kept, up to a bound. */
const known = new Map<string, MetadataKey>();
const MAX_KNOWN = 1024;

/** Checks a name that an application writes. Throws {@link UsageError} for one that is malformed or belongs to a protocol. */
export function metadataKey(name: string): MetadataKey {
  const found = known.get(name);
  if (found !== undefined) return found;
  const key = check(name);
  if (known.size < MAX_KNOWN) known.set(name, key);
  return key;
}

/** Whether fields of this name and kind belong to HTTP or to a protocol, so that an application must not write them. */
export function isReserved(name: string, kind: number): boolean {
  if (kind === FieldKind.plain || kind === FieldKind.cookie || kind === FieldKind.authorization) return false;
  if (kind === FieldKind.binary || kind === FieldKind.grpcReserved) return name.startsWith("grpc-") && !WRITTEN_BY_APPLICATIONS.has(name);
  return true;
}

/** Names that begin with "grpc-" and yet are written by applications and instrumentation, not by the protocol. */
const WRITTEN_BY_APPLICATIONS: ReadonlySet<string> = new Set(["grpc-retry-pushback-ms", "grpc-trace-bin", "grpc-tags-bin"]);

/** `Header-Name` of gRPC over HTTP/2. */
const NAME = /^[0-9a-z_.-]+$/;

function check(given: string): MetadataKey {
  if (typeof given !== "string") throw new UsageError(`metadata key is ${String(given)}; it must be a string`);
  const name = given.toLowerCase();
  const kind = fieldKind(name);
  if (isReserved(name, kind)) throw new UsageError(`metadata key ${JSON.stringify(given)} belongs to the protocol and cannot be set`);
  if (!NAME.test(name)) {
    throw new UsageError(`metadata key ${JSON.stringify(given)} is malformed; it must consist of letters, digits, "_", "-" and "."`);
  }
  const sensitive = kind === FieldKind.authorization || kind === FieldKind.cookie;
  return { name, kind, binary: kind === FieldKind.binary, sensitive };
}
