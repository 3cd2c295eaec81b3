/*
 * The names that HTTP or an RPC protocol treats specially, as small integers; `plain` is every other name. Their order counts: pseudo-fields are first,
 * what is metadata for the application is last. Constants of a module, not of an object: bundlers put the numbers in their places.
 */

export const plain = 0;
// pseudo-fields of requests (RFC 9113 §8.3.1, RFC 8441 §4), then of responses (§8.3.2); an unknown name that starts with ":"
export const method = 1;
export const scheme = 2;
export const authority = 3;
export const path = 4;
export const protocol = 5;
export const status = 6;
export const unknownPseudo = 7;
// connection-specific fields, which HTTP/2 forbids (RFC 9113 §8.2.2)
export const connectionSpecific = 8;
export const te = 9;
export const host = 10;
export const contentLength = 11;
export const contentType = 12;
// gRPC
export const grpcTimeout = 13;
export const grpcEncoding = 14;
export const grpcAcceptEncoding = 15;
export const grpcStatus = 16;
export const grpcMessage = 17;
export const grpcStatusDetails = 18;
// Connect, and what its unary calls use of HTTP
export const contentEncoding = 19;
export const acceptEncoding = 20;
export const connectProtocolVersion = 21;
export const connectTimeout = 22;
export const connectContentEncoding = 23;
export const connectAcceptEncoding = 24;
// Triple: which of a service's implementations is asked for, how long the call may take, which version of the protocol is spoken
export const serviceGroup = 25;
export const serviceVersion = 26;
export const tripleTimeout = 27;
export const tripleProtocolVersion = 28;
// reserved by Connect: a name that starts with "connect-" and is none of the above
export const connectReserved = 29;
// metadata that an application reads, and does not write
export const userAgent = 30;
// metadata that an application writes
export const cookie = 31;
export const authorization = 32;
// a name that ends in "-bin"
export const binary = 33;
// reserved by gRPC: a name that starts with "grpc-" and is none of the above
export const grpcReserved = 34;
