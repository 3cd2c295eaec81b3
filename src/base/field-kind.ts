/** The names that HTTP or an RPC protocol treats specially, as small integers. `plain` is every other name. */
export const FieldKind = {
  plain: 0,
  // pseudo-fields of requests (RFC 9113 §8.3.1, RFC 8441 §4), then of responses (§8.3.2); an unknown name that starts with ":"
  method: 1,
  scheme: 2,
  authority: 3,
  path: 4,
  protocol: 5,
  status: 6,
  unknownPseudo: 7,
  // connection-specific fields, which HTTP/2 forbids (RFC 9113 §8.2.2)
  connectionSpecific: 8,
  te: 9,
  host: 10,
  contentLength: 11,
  contentType: 12,
  // gRPC
  grpcTimeout: 13,
  grpcEncoding: 14,
  grpcAcceptEncoding: 15,
  grpcStatus: 16,
  grpcMessage: 17,
  grpcStatusDetails: 18,
  userAgent: 19,
  // a name that ends in "-bin"
  binary: 20,
  cookie: 21,
  authorization: 22,
  // reserved by gRPC: a name that starts with "grpc-" and is none of the above
  grpcReserved: 23,
  // Connect, and what its unary calls use of HTTP
  contentEncoding: 24,
  acceptEncoding: 25,
  connectProtocolVersion: 26,
  connectTimeout: 27,
  connectContentEncoding: 28,
  connectAcceptEncoding: 29,
  // reserved by Connect: a name that starts with "connect-" and is none of the above
  connectReserved: 30,
  // Triple: which of a service's implementations is asked for, how long the call may take, which version of the protocol is spoken
  serviceGroup: 31,
  serviceVersion: 32,
  tripleTimeout: 33,
  tripleProtocolVersion: 34,
} as const;

const KINDS: ReadonlyMap<string, number> = new Map([
  [":method", FieldKind.method],
  [":scheme", FieldKind.scheme],
  [":authority", FieldKind.authority],
  [":path", FieldKind.path],
  [":protocol", FieldKind.protocol],
  [":status", FieldKind.status],
  ["connection", FieldKind.connectionSpecific],
  ["proxy-connection", FieldKind.connectionSpecific],
  ["keep-alive", FieldKind.connectionSpecific],
  ["transfer-encoding", FieldKind.connectionSpecific],
  ["upgrade", FieldKind.connectionSpecific],
  ["te", FieldKind.te],
  ["host", FieldKind.host],
  ["content-length", FieldKind.contentLength],
  ["content-type", FieldKind.contentType],
  ["grpc-timeout", FieldKind.grpcTimeout],
  ["grpc-encoding", FieldKind.grpcEncoding],
  ["grpc-accept-encoding", FieldKind.grpcAcceptEncoding],
  ["grpc-status", FieldKind.grpcStatus],
  ["grpc-message", FieldKind.grpcMessage],
  ["grpc-status-details-bin", FieldKind.grpcStatusDetails],
  ["user-agent", FieldKind.userAgent],
  ["content-encoding", FieldKind.contentEncoding],
  ["accept-encoding", FieldKind.acceptEncoding],
  ["connect-protocol-version", FieldKind.connectProtocolVersion],
  ["connect-timeout-ms", FieldKind.connectTimeout],
  ["connect-content-encoding", FieldKind.connectContentEncoding],
  ["connect-accept-encoding", FieldKind.connectAcceptEncoding],
  ["tri-service-group", FieldKind.serviceGroup],
  ["tri-service-version", FieldKind.serviceVersion],
  ["tri-service-timeout", FieldKind.tripleTimeout],
  ["triple-timeout-ms", FieldKind.tripleTimeout],
  ["rest-service-timeout", FieldKind.tripleTimeout],
  ["triple-protocol-version", FieldKind.tripleProtocolVersion],
  ["tri-protocol-version", FieldKind.tripleProtocolVersion],
  ["cookie", FieldKind.cookie],
  ["authorization", FieldKind.authorization],
]);

/** The {@link FieldKind} of a lower-case name. */
export function fieldKind(name: string): number {
  const kind = KINDS.get(name);
  if (kind !== undefined) return kind;
  if (name.charCodeAt(0) === 0x3a) return FieldKind.unknownPseudo;
  if (name.endsWith("-bin")) return FieldKind.binary;
  if (name.startsWith("grpc-")) return FieldKind.grpcReserved;
  if (name.startsWith("connect-")) return FieldKind.connectReserved;
  return FieldKind.plain;
}
