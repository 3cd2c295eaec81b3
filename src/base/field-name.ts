import * as FieldKind from "./field-kind.js";

/** The names of the kinds from `method` on, in the order of their numbers. One kind has several; of those that are patterns, the shortest one. */
const NAMES = `:method :scheme :authority :path :protocol :status :
connection,proxy-connection,keep-alive,transfer-encoding,upgrade te host content-length content-type
grpc-timeout grpc-encoding grpc-accept-encoding grpc-status grpc-message grpc-status-details-bin
content-encoding accept-encoding connect-protocol-version connect-timeout-ms connect-content-encoding connect-accept-encoding
tri-service-group tri-service-version tri-service-timeout,triple-timeout-ms,rest-service-timeout triple-protocol-version,tri-protocol-version connect-
user-agent cookie authorization -bin grpc-`;

const KINDS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map(
  NAMES.split(/\s/).flatMap((names, place) => names.split(",").map((name) => [name, place + FieldKind.method] as const)),
);

/** The kind of a lower-case name. */
export function fieldKind(name: string): number {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.startsWith(":")) return FieldKind.unknownPseudo;
  if (name.endsWith("-bin")) return FieldKind.binary;
  if (name.startsWith("grpc-")) return FieldKind.grpcReserved;
  if (name.startsWith("connect-")) return FieldKind.connectReserved;
  return FieldKind.plain;
}
