/** One level of nesting: what stands before and after what is within, of that many bytes. */
export type Level = (length: number) => readonly [before: readonly number[], after: readonly number[]];

/** So many levels, one in another, around `inner`. */
export function nested(depth: number, level: Level, inner: readonly number[] = []): Uint8Array {
  const before: (readonly number[])[] = [];
  const after: (readonly number[])[] = [];
  let length = inner.length;
  for (let left = depth; left > 0; left--) {
    const [head, tail] = level(length);
    before.push(head);
    after.push(tail);
    length += head.length + tail.length;
  }
  return Uint8Array.from([...before.reverse().flat(), ...inner, ...after.flat()]);
}

/** A message in the field of this number. */
export function inMessage(no: number): Level {
  return (length) => [[...tag(no, 2), ...varint(length)], []];
}

/** A group in the field of this number. */
export function inGroup(no: number): Level {
  return () => [tag(no, 3), tag(no, 4)];
}

/** A message that is a value of the map in the field of this number, under the key "k". */
export function inMap(no: number): Level {
  return (length) => {
    const entry = [0x0a, 1, 0x6b, ...tag(2, 2), ...varint(length)];
    return [[...tag(no, 2), ...varint(entry.length + length), ...entry], []];
  };
}

/** One kind of nesting in another. */
export function within(outer: Level, inner: Level): Level {
  return (length) => {
    const [before, after] = inner(length);
    const [outerBefore, outerAfter] = outer(before.length + length + after.length);
    return [
      [...outerBefore, ...before],
      [...after, ...outerAfter],
    ];
  };
}

function tag(no: number, wireType: number): number[] {
  return varint(no * 8 + wireType);
}

export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) + 0x80);
  return [...bytes, value];
}
