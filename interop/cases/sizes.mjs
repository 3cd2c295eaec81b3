// The sizes that gRPC's interop test descriptions name, in bytes.
export const LARGE_REQUEST = 271_828;
export const LARGE_RESPONSE = 314_159;
export const REQUESTS = [27_182, 8, 1828, 45_904];
export const RESPONSES = [31_415, 9, 2653, 58_979];

export function zeros(size) {
  return { body: new Uint8Array(size) };
}
