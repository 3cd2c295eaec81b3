// HPACK's Huffman code (RFC 7541 appendix B) is canonical: the lengths of the codes are enough to make it. Byte 0 to 255.
const LENGTHS = `
  13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 6 10 10 12 13 6 8 11 10 10 8 11 8
  6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6 6 6 5
  7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 21 22
  23 22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 26 26 20 19 22 23
  22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 23 26
  27 26 26 27 27 27 27 27 28 27 27 27 27 27 26
`
  .trim()
  .split(/\s+/)
  .map(Number);

const CODES = canonical();

/** Decodes a Huffman string, bit by bit: slow, short, and nothing to share with the engine under test. */
export function decodeHuffman(bytes) {
  const out = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      const symbol = CODES.get(length * 2 ** 30 + code);
      if (symbol === undefined) continue;
      out.push(symbol);
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== 2 ** length - 1) throw new Error("Huffman string with bad padding");
  return Buffer.from(out);
}

function canonical() {
  const order = LENGTHS.map((length, symbol) => ({ length, symbol })).sort((a, b) => a.length - b.length || a.symbol - b.symbol);
  const codes = new Map();
  let code = 0;
  let last = order[0].length;
  for (const { length, symbol } of order) {
    code *= 2 ** (length - last);
    last = length;
    codes.set(length * 2 ** 30 + code, symbol);
    code++;
  }
  return codes;
}
