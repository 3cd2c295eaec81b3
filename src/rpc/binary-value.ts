import { decodeBase64, isBase64 } from "../base/base64.js";

/*
 * Values of metadata whose name ends in "-bin": base64, padded or not. An intermediary may have joined several with commas
 * (gRPC over HTTP/2, "Custom-Metadata").
 */

/** Whether every value of a comma-joined list is base64. */
export function isBinaryValue(value: string): boolean {
  let start = 0;
  for (let comma = value.indexOf(","); comma !== -1; comma = value.indexOf(",", start)) {
    if (!isBase64(value, skipSpaces(value, start, comma), trimSpaces(value, start, comma))) return false;
    start = comma + 1;
  }
  return isBase64(value, skipSpaces(value, start, value.length), trimSpaces(value, start, value.length));
}

/** The values of a comma-joined list; those that are not base64 are left out. */
export function binaryValues(value: string): Uint8Array[] {
  return value.split(",").flatMap((one) => decodeBase64(one.trim()) ?? []);
}

function skipSpaces(value: string, start: number, end: number): number {
  let at = start;
  while (at < end && value.charCodeAt(at) === 0x20) at++;
  return at;
}

function trimSpaces(value: string, start: number, end: number): number {
  let at = end;
  const first = skipSpaces(value, start, end);
  while (at > first && value.charCodeAt(at - 1) === 0x20) at--;
  return at;
}
