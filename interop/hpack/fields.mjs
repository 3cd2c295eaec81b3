// Fields at random, the same for the same seed.
import { Field } from "../../dist/base/field.js";

export function randomNumbers(seed) {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const NAMES = [
  "content-type",
  "grpc-timeout",
  "x-a",
  "x-bb",
  "a-name-of-some-length",
  "user-agent",
  "x-data-bin",
  "authorization",
  "cookie",
];

/** `unit(next)` gives a character of the values. */
export function randomFields(next, count, unit) {
  return Array.from({ length: count }, () => {
    const length = next(8) === 0 ? next(400) : next(24);
    let value = "";
    for (let i = 0; i < length; i++) value += unit(next);
    return new Field(NAMES[next(NAMES.length)], value, next(10) === 0);
  });
}

export function anyByte(next) {
  return String.fromCharCode(next(3) === 0 ? next(256) : 97 + next(26));
}

export function asciiLetter(next) {
  return String.fromCharCode(0x21 + next(0x5e));
}

/** What has to be the same at both ends, one line a field. */
export function lines(fields) {
  return fields.map((field) => `${JSON.stringify(field.name)}: ${JSON.stringify(field.value)}`).join("\n");
}
