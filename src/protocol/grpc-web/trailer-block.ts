import { Field, type Fields } from "../../base/field.js";
import { faultOf } from "../../base/field-syntax.js";
import { decodeUtf8, encodeUtf8 } from "../../base/utf8.js";

/** The flag of the envelope that holds the trailers. */
export const TRAILERS_FLAG = 0x80;

/** The longest block of trailers that is read. */
const MAX_BLOCK_BYTES = 64 * 1024;

/** A last piece of a body, its prefix included, that holds these trailers as HTTP/1.1 would write them, with names in lower case. */
export function trailersEnvelope(...lists: readonly Fields[]): Uint8Array {
  let text = "";
  for (const fields of lists) for (const { name, value } of fields) text += `${name}: ${value}\r\n`;
  const block = encodeUtf8(text);
  const bytes = new Uint8Array(5 + block.length);
  bytes[0] = TRAILERS_FLAG;
  new DataView(bytes.buffer).setUint32(1, block.length);
  bytes.set(block, 5);
  return bytes;
}

/** The trailers of a block; a sentence that says what is wrong with it otherwise. Names may be in any case, lines may end in LF alone. */
export function readTrailers(block: Uint8Array): Fields | string {
  if (block.length > MAX_BLOCK_BYTES) return `the trailers have ${block.length} bytes; ${MAX_BLOCK_BYTES} is the most that is read`;
  const fields: Field[] = [];
  for (const line of decodeUtf8(block).split("\n")) {
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text === "") continue;
    const colon = text.indexOf(":");
    if (colon <= 0) return `a line of the trailers is ${JSON.stringify(text.slice(0, 100))}`;
    const field = new Field(text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim());
    if (faultOf(field) !== 0) return `the trailer ${JSON.stringify(field.name.slice(0, 100))} is malformed`;
    fields.push(field);
  }
  return fields;
}
