/** The byte string (one UTF-16 unit a byte) of `bytes[start, end)`. */
export function byteString(bytes: Uint8Array, start: number, end: number): string {
  // eight at a time: a concatenation per byte would leave a rope, and a view for `apply` costs more than short strings do
  let text = "";
  let i = start;
  for (; end - i >= 8; i += 8) {
    text += char(
      bytes[i] as number,
      bytes[i + 1] as number,
      bytes[i + 2] as number,
      bytes[i + 3] as number,
      bytes[i + 4] as number,
      bytes[i + 5] as number,
      bytes[i + 6] as number,
      bytes[i + 7] as number,
    );
  }
  if (end - i >= 4) {
    text += char(bytes[i] as number, bytes[i + 1] as number, bytes[i + 2] as number, bytes[i + 3] as number);
    i += 4;
  }
  if (end - i >= 2) {
    text += char(bytes[i] as number, bytes[i + 1] as number);
    i += 2;
  }
  return i < end ? text + char(bytes[i] as number) : text;
}

const char: (...units: number[]) => string = String.fromCharCode;
