// Header blocks by hand. The writer only makes literals without Huffman, so that every byte, also a forbidden one, arrives as it is.
import { decodeHuffman } from "./huffman.mjs";

const STATIC = `:authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|:status 200|:status 204|:status 206
:status 304|:status 400|:status 404|:status 500|accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept
access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|content-length
content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range
if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|referer|refresh|retry-after
server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate`
  .split(/[|\n]/)
  .map((entry) => {
    const space = entry.indexOf(" ");
    return space < 0 ? [entry, ""] : [entry.slice(0, space), entry.slice(space + 1)];
  });

/** Writes fields (`[name, value]`, text as latin1 or bytes) as literals that are not indexed. */
export function headerBlock(fields) {
  const parts = [];
  for (const [name, value] of fields) parts.push(Buffer.of(0x00), string(name), string(value));
  return Buffer.concat(parts);
}

/** A literal that goes into the dynamic table. */
export function indexedLiteral(name, value) {
  return Buffer.concat([Buffer.of(0x40), string(name), string(value)]);
}

export function string(text) {
  const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : Buffer.from(text);
  return Buffer.concat([integer(bytes.length, 7, 0x00), bytes]);
}

/** An integer with a prefix of `bits` bits (RFC 7541 §5.1), `first` holding the bits above it. */
export function integer(value, bits, first) {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.of(first | value);
  const bytes = [first | most];
  for (value -= most; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return Buffer.from(bytes);
}

/** Reads the blocks of one direction of one connection, in order. */
export class HeaderReader {
  #table = [];
  #size = 0;
  #capacity = 4096;
  #bytes = Buffer.alloc(0);
  #at = 0;

  read(block) {
    this.#bytes = block;
    this.#at = 0;
    const fields = [];
    while (this.#at < block.length) {
      const first = block[this.#at];
      if (first & 0x80) fields.push(this.#entry(this.#integer(7)));
      else if (first & 0x40) this.#add(this.#literal(6, fields));
      else if (first & 0x20) this.#resize(this.#integer(5));
      else this.#literal(4, fields);
    }
    return fields;
  }

  #literal(bits, fields) {
    const index = this.#integer(bits);
    const name = index === 0 ? this.#string() : this.#entry(index)[0];
    const field = [name, this.#string()];
    fields.push(field);
    return field;
  }

  #entry(index) {
    const entry = index <= STATIC.length ? STATIC[index - 1] : this.#table[index - STATIC.length - 1];
    if (entry === undefined) throw new Error(`header block names entry ${index}`);
    return entry;
  }

  #add(field) {
    this.#table.unshift(field);
    this.#size += cost(field);
    this.#evict();
  }

  #resize(capacity) {
    this.#capacity = capacity;
    this.#evict();
  }

  #evict() {
    while (this.#size > this.#capacity) this.#size -= cost(this.#table.pop());
  }

  #integer(bits) {
    const most = 2 ** bits - 1;
    let value = this.#bytes[this.#at++] & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new Error("header block ends inside an integer");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }

  #string() {
    const huffman = (this.#bytes[this.#at] & 0x80) !== 0;
    const length = this.#integer(7);
    const bytes = this.#bytes.subarray(this.#at, (this.#at += length));
    return (huffman ? decodeHuffman(bytes) : bytes).toString("latin1");
  }
}

function cost([name, value]) {
  return name.length + value.length + 32;
}
