/**
 * Where two values differ, as a path and both sides; undefined when they do not. Stricter than assert.deepStrictEqual: the order of keys counts.
 * Bytes are the same when they are a Uint8Array where the others are a Buffer; with `input`, they have to be of the same class, and the same view
 * of it where the others are one.
 */
export function difference(actual: unknown, expected: unknown, input?: Uint8Array): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (typeof actual !== "object" || typeof expected !== "object" || actual === null || expected === null) {
    return `: ${show(actual)}, not ${show(expected)}`;
  }
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) return differenceOfBytes(actual, expected, input);
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return ": another prototype";
  const keys = Reflect.ownKeys(actual);
  const wanted = Reflect.ownKeys(expected);
  for (let i = 0; i < wanted.length; i++) {
    if (keys[i] !== wanted[i]) return `: key ${i} is ${String(keys[i])}, not ${String(wanted[i])}`;
  }
  if (keys.length > wanted.length) return `: key ${String(keys[wanted.length])} is too many`;
  if (Object.keys(actual).length !== Object.keys(expected).length) return ": keys that are not enumerable";
  for (const key of wanted) {
    const found = difference(valueAt(actual, key), valueAt(expected, key), input);
    if (found !== undefined) return `.${String(key)}${found}`;
  }
  return undefined;
}

function differenceOfBytes(actual: Uint8Array, expected: Uint8Array, input?: Uint8Array): string | undefined {
  if (Buffer.compare(actual, expected) !== 0) return `: ${show(actual)}, not ${show(expected)}`;
  const prototype = Object.getPrototypeOf(actual);
  const sameClass = prototype === Object.getPrototypeOf(expected) || (prototype === Uint8Array.prototype && input === undefined);
  if (!sameClass) return ": another class of bytes";
  if (input === undefined || (expected.buffer !== input.buffer && actual.buffer !== input.buffer)) return undefined;
  const same = actual.buffer === expected.buffer && actual.byteOffset === expected.byteOffset;
  return same ? undefined : ": one is a view of the input and the other is not, or of another part";
}

function valueAt(target: object, key: string | symbol): unknown {
  return (target as Record<string | symbol, unknown>)[key];
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `[${Buffer.from(value.subarray(0, 40)).toString("hex")}${value.length > 40 ? "…" : ""}]`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "bigint" ? `${value}n` : typeof value === "string" ? JSON.stringify(value) : String(value);
}
