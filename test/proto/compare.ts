import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { protoCodec } from "sluice";
import { mutate } from "./mutate.js";
import { assertSame, outcomeOf } from "./outcome.js";
import { Random } from "./random.js";
import { randomMessage } from "./random-message.js";
import type { Subject } from "./subjects.js";

/** Few fields, some, all: what is alone, what comes together. */
const DENSITIES = [0.03, 0.03, 0.1, 0.1, 0.4, 1];
/** Beyond it one mistake is lost in the rest. */
const MAX_MUTATED_BYTES = 2_000;
/** Of so many mutants that can be decoded one is encoded again. */
const ENCODED_AGAIN = 3;

/** The codec makes of the message the bytes that protobuf-es makes of it, or throws the same. */
export function compareEncode(schema: DescMessage, message: Message, about: () => string): Uint8Array | undefined {
  const expected = outcomeOf(() => toBinary(schema, message));
  const actual = outcomeOf(() => protoCodec.encode(schema, message));
  assertSame(actual, expected, () => `encoding ${about()}`);
  return "value" in actual ? actual.value : undefined;
}

/**
 * The codec makes of the bytes the message that protobuf-es makes of them, or throws the same. Bytes that it owns it keeps as protobuf-es does, in
 * views; of others it may keep copies.
 */
export function compareDecode(schema: DescMessage, bytes: Uint8Array, about: () => string, owned = false): Message | undefined {
  const expected = outcomeOf(() => fromBinary(schema, bytes));
  const actual = outcomeOf(() => protoCodec.decode(schema, bytes, owned));
  assertSame(actual, expected, () => `decoding ${about()}: ${Buffer.from(bytes).toString("hex").slice(0, 400)}`, owned ? bytes : undefined);
  return "value" in actual ? actual.value : undefined;
}

/** Encodes and decodes random messages; gives their encodings. */
export function compareMessages({ name, schema }: Subject, seed: number, count: number): Uint8Array[] {
  const random = new Random(seed);
  const encodings: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    const message = randomMessage(schema, random, DENSITIES[i % DENSITIES.length] as number);
    const about = () => `message ${i} of seed ${seed} of ${name}`;
    const bytes = compareEncode(schema, message, about);
    if (bytes === undefined) continue;
    encodings.push(bytes);
    const decoded = compareDecode(schema, bytes, about);
    if (decoded !== undefined) compareEncode(schema, decoded, () => `again ${about()}`);
  }
  return encodings;
}

/** Decodes mutants of the encodings; says how many of them could be. */
export function compareMutants({ name, schema }: Subject, encodings: readonly Uint8Array[], seed: number, count: number): number {
  const random = new Random(seed);
  const originals = encodings.filter(({ length }) => length > 0 && length <= MAX_MUTATED_BYTES);
  let decodable = 0;
  for (let i = 0; i < count; i++) {
    const mutant = mutate(random.pick(originals), random.pick(originals), random);
    const about = () => `mutant ${i} of seed ${seed} of ${name}`;
    const message = compareDecode(schema, mutant, about, i % 2 === 0);
    if (message === undefined) continue;
    if (decodable++ % ENCODED_AGAIN === 0) compareEncode(schema, message, about);
  }
  return decodable;
}
