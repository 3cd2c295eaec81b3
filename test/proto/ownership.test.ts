// What a message or bytes share with others: nothing but the input, of which bytes fields are views.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { protoCodec } from "sluice";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { difference } from "./difference.js";
import { Random } from "./random.js";
import { randomMessage } from "./random-message.js";
import { SUBJECTS } from "./subjects.js";

for (const { name, schema } of SUBJECTS) {
  test(`${name}: messages decoded of the same bytes share nothing, nor with one that was created`, () => {
    const random = new Random(11);
    let changed = 0;
    const inputs = [new Uint8Array(0), ...[0.1, 0.4, 1].map((density) => toBinary(schema, randomMessage(schema, random, density)))];
    for (const bytes of inputs) {
      const expected = fromBinary(schema, bytes);
      const first = protoCodec.decode(schema, bytes);
      const second = protoCodec.decode(schema, bytes);
      changed += scribble(first);
      assert.notEqual(difference(first, expected), undefined, "the first is another now");
      assert.equal(difference(second, expected), undefined);
      assert.equal(difference(protoCodec.decode(schema, bytes), expected), undefined);
      assert.equal(difference(create(schema), fromBinary(schema, new Uint8Array(0))), undefined);
    }
    assert.ok(changed >= inputs.length, `${changed} objects were changed`);
  });

  test(`${name}: what is encoded is held by nobody else, and encoding changes nothing`, () => {
    for (const density of [0.1, 0.4, 1]) {
      const message = randomMessage(schema, new Random(12), density);
      const first = protoCodec.encode(schema, message);
      const second = protoCodec.encode(schema, message);
      const expected = second.slice();
      // short ones share slabs
      assert.ok(first.buffer.byteLength <= Math.max(8 * 1024, first.length), `${first.buffer.byteLength} bytes of memory`);
      first.fill(0xaa);
      assert.deepEqual(protoCodec.encode(schema, message), expected);
      assert.deepEqual(second, expected);
      assert.equal(difference(message, randomMessage(schema, new Random(12), density)), undefined);
    }
  });
}

test("a large value is copied, alone or beside others", () => {
  for (const size of [8_191, 8_192, 70_000, 200_000]) {
    const body = new Uint8Array(size).fill(7);
    for (const init of [{ body }, { id: 5, body, child: { body, tags: { a: "b" } } }]) {
      const message = create(PayloadSchema, init);
      const expected = toBinary(PayloadSchema, message);
      const bytes = protoCodec.encode(PayloadSchema, message);
      assert.equal(bytes.buffer.byteLength, expected.length);
      body.fill(8);
      assert.ok(Buffer.compare(bytes, expected) === 0, `${size} bytes`);
      body.fill(7);
    }
  }
});

test("a message that is frozen is encoded", () => {
  const random = new Random(13);
  for (const { schema } of SUBJECTS) {
    const message = randomMessage(schema, random, 0.3);
    const expected = toBinary(schema, message);
    freeze(message);
    assert.deepEqual(protoCodec.encode(schema, message), expected);
  }
});

/** Changes every object within, and says how many there were. Bytes are views of the input. */
function scribble(target: Message | object): number {
  let changed = 1;
  for (const value of Object.values(target)) {
    if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) changed += scribble(value);
  }
  if (Array.isArray(target)) target.push("more");
  else Object.assign(target, { case: "another", value: "another", more: "another" });
  return changed;
}

function freeze(target: object): void {
  if (ArrayBuffer.isView(target)) return;
  Object.freeze(target);
  for (const value of Object.values(target)) if (typeof value === "object" && value !== null) freeze(value);
}
