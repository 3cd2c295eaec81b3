import type { ByteStream, ByteStreamEvents } from "./byte-stream.js";

/**
 * Opens a byte stream, or takes over one that was accepted. Never throws and calls no event before it returns; a failure to open is
 * told by `onClose`, later.
 */
export type ByteStreamOpener = (events: ByteStreamEvents) => ByteStream;
