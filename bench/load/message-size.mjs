/**
 * The body that makes a message of `size` encoded bytes, given the size without a body: the body's own tag and length count too.
 * Empty where the message is that large already.
 */
export function bodyFor(size, sizeWithout) {
  let length = Math.max(0, size - sizeWithout - 2);
  while (length > 0 && sizeWithout + 1 + varintSize(length) + length > size) length--;
  return new Uint8Array(length);
}

const varintSize = (value) => (value < 128 ? 1 : 1 + varintSize(Math.floor(value / 128)));
