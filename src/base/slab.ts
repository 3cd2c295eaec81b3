const SLAB_BYTES = 8 * 1024;
/** Above this a copy gets memory of its own: a slab would soon be full. */
const OWN_BYTES = 2 * 1024;

let slab: Uint8Array = new Uint8Array(0);
let used = 0;

/**
 * Copies `bytes[start, end)` out of memory that others will reuse or that is much larger. Small copies share slabs of 8 KiB, so that
 * a copy costs little and pins at most that much.
 */
export function copyOut(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  if (length > OWN_BYTES) return new Uint8Array(bytes.subarray(start, end));
  if (used + length > slab.length) {
    slab = new Uint8Array(SLAB_BYTES);
    used = 0;
  }
  const copy = slab.subarray(used, used + length);
  copy.set(bytes.subarray(start, end));
  used += length;
  return copy;
}

/**
 * `bytes[start, end)` as memory that may be kept: a copy, but for what is large and fills at least half of what `bytes` is a view of. (One
 * kept 43-byte view of a full read of a socket would hold 64 KiB.)
 */
export function keepable(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  // to ask for the buffer takes longer than to copy a few bytes
  return length > OWN_BYTES && length * 2 >= bytes.buffer.byteLength ? bytes.subarray(start, end) : copyOut(bytes, start, end);
}
