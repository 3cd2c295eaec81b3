import { Field } from "../../base/field.js";

/** The static table (RFC 7541 appendix A); index 1 of the RFC is element 0 here. The entries are shared by every list decoded. */
export const STATIC_TABLE: readonly Field[] = entries().map(([name, value]) => new Field(name, value));

/** The RFC's index of the first entry of each name; entries of one name stand together. */
export const STATIC_NAMES: ReadonlyMap<string, number> = firstIndices();

/** The RFC's index of the entry with this name and value, or 0. `first` is the index that {@link STATIC_NAMES} gives for the name. */
export function staticIndex(first: number, name: string, value: string): number {
  for (let index = first; index <= STATIC_TABLE.length; index++) {
    const entry = STATIC_TABLE[index - 1] as Field;
    if (entry.name !== name) return 0;
    if (entry.value === value) return index;
  }
  return 0;
}

/** Whether a field whose name has this static index holds a secret: authorization, cookie, proxy-authorization, set-cookie. */
export function isSecretName(index: number): boolean {
  return index === 23 || index === 32 || index === 49 || index === 55;
}

function firstIndices(): Map<string, number> {
  const names = new Map<string, number>();
  for (let i = STATIC_TABLE.length; i > 0; i--) names.set((STATIC_TABLE[i - 1] as Field).name, i);
  return names;
}

// biome-ignore format: a table
function entries(): [string, string][] {
  return [
    [":authority", ""],
    [":method", "GET"],
    [":method", "POST"],
    [":path", "/"],
    [":path", "/index.html"],
    [":scheme", "http"],
    [":scheme", "https"],
    [":status", "200"],
    [":status", "204"],
    [":status", "206"],
    [":status", "304"],
    [":status", "400"],
    [":status", "404"],
    [":status", "500"],
    ["accept-charset", ""],
    ["accept-encoding", "gzip, deflate"],
    ["accept-language", ""],
    ["accept-ranges", ""],
    ["accept", ""],
    ["access-control-allow-origin", ""],
    ["age", ""],
    ["allow", ""],
    ["authorization", ""],
    ["cache-control", ""],
    ["content-disposition", ""],
    ["content-encoding", ""],
    ["content-language", ""],
    ["content-length", ""],
    ["content-location", ""],
    ["content-range", ""],
    ["content-type", ""],
    ["cookie", ""],
    ["date", ""],
    ["etag", ""],
    ["expect", ""],
    ["expires", ""],
    ["from", ""],
    ["host", ""],
    ["if-match", ""],
    ["if-modified-since", ""],
    ["if-none-match", ""],
    ["if-range", ""],
    ["if-unmodified-since", ""],
    ["last-modified", ""],
    ["link", ""],
    ["location", ""],
    ["max-forwards", ""],
    ["proxy-authenticate", ""],
    ["proxy-authorization", ""],
    ["range", ""],
    ["referer", ""],
    ["refresh", ""],
    ["retry-after", ""],
    ["server", ""],
    ["set-cookie", ""],
    ["strict-transport-security", ""],
    ["transfer-encoding", ""],
    ["user-agent", ""],
    ["vary", ""],
    ["via", ""],
    ["www-authenticate", ""],
  ];
}
