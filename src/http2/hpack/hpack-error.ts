/**
 * A header block that cannot be decoded (RFC 7541). The decoder is out of step with the peer's encoder from then on, so the
 * connection must end with COMPRESSION_ERROR; the message says what was wrong.
 */
export class HpackError extends Error {
  override readonly name = "HpackError";
}
