/** One way to compress single messages. Works at once (messages are bounded by `maxReceiveBytes`), keeps nothing between messages. */
export interface Compression {
  /** As it stands in `grpc-encoding` and `content-encoding`: `"gzip"`. */
  readonly name: string;
  compress(bytes: Uint8Array): Uint8Array;
  /**
   * Throws `RpcError`: `resource_exhausted` as soon as the output exceeds `maxBytes` (while inflating, so a bomb costs at most
   * that much memory), `internal` when the bytes are not of this compression.
   */
  decompress(bytes: Uint8Array, maxBytes: number): Uint8Array;
}
