// Code of users that runs while a message is encoded: getters, toString() and valueOf() that throw, or that encode and decode meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { protoCodec } from "sluice";
import { type Payload, PayloadSchema } from "../../gen/bench_pb.js";
import { type Chain, ChainSchema, TreeSchema } from "../../gen/kinds_pb.js";
import { compareEncode } from "./compare.js";

const other = create(ChainSchema, { id: 7, next: { id: 8 }, byName: { a: { id: 9 } } });
const otherBytes = toBinary(ChainSchema, other);
const large = create(PayloadSchema, { id: 3, body: new Uint8Array(20_000).fill(5), name: "large" });
const largeBytes = toBinary(PayloadSchema, large);

/** What user code does in the middle of a message. */
const DEEDS: readonly [what: string, deed: () => void][] = [
  ["encodes another message", () => assert.deepEqual(protoCodec.encode(ChainSchema, other), otherBytes)],
  ["encodes a large message", () => assert.ok(Buffer.compare(protoCodec.encode(PayloadSchema, large), largeBytes) === 0)],
  ["encodes what protobuf-es has to", () => assert.ok(protoCodec.encode(TreeSchema, create(TreeSchema, { group: { id: 1 } })).length > 0)],
  ["decodes another message", () => assert.equal(protoCodec.decode(ChainSchema, otherBytes).next?.id, 8)],
  ["decodes what is none", () => assert.throws(() => protoCodec.decode(ChainSchema, Uint8Array.of(0x12, 9)))],
  ["encodes what is none", () => assert.throws(() => protoCodec.encode(ChainSchema, create(ChainSchema, { next: { id: 1.5 } })))],
  [
    "throws an Error",
    () => {
      throw new RangeError("by the user");
    },
  ],
  [
    "throws what is no Error",
    () => {
      throw "by the user";
    },
  ],
];

/** Messages in which user code stands somewhere, with something before and after it. */
const PLACES: readonly [where: string, schema: DescMessage, make: (deed: () => void) => Message][] = [
  ["a scalar", PayloadSchema, (deed) => got(payload(), "id", 5, deed)],
  ["a list", PayloadSchema, (deed) => got(payload(), "nums", [1n, 2n], deed)],
  ["a map", PayloadSchema, (deed) => got(payload(), "tags", { a: "b" }, deed)],
  ["a large value", PayloadSchema, (deed) => got(payload(), "body", new Uint8Array(9_000), deed)],
  ["a child", PayloadSchema, (deed) => got(payload(), "child", payload(), deed)],
  ["a scalar of a child", PayloadSchema, (deed) => put(payload(), { child: got(payload(), "name", "x", deed) })],
  [
    "after a large value",
    PayloadSchema,
    (deed) => put(payload(), { body: new Uint8Array(9_000), child: got(payload(), "name", "x", deed) }),
  ],
  ["an item of a list", PayloadSchema, (deed) => put(payload(), { nums: got([1n, 2n, 3n], "1", 5n, deed) })],
  ["an entry of a map", PayloadSchema, (deed) => put(payload(), { tags: got({ a: "b", c: "d" }, "a", "e", deed) })],
  ["$typeName", PayloadSchema, (deed) => got(payload(), "$typeName", "bench.v1.Payload", deed)],
  ["$unknown", PayloadSchema, (deed) => got(payload(), "$unknown", [{ no: 9, wireType: 0, data: Uint8Array.of(1) }], deed)],
  [
    "an item of $unknown",
    PayloadSchema,
    (deed) => put(payload(), { $unknown: [got({ no: 9, wireType: 0 }, "data", Uint8Array.of(1), deed)] }),
  ],
  ["the case of a oneof", ChainSchema, (deed) => put(chain(), { one: got({ value: chain() }, "case", "oneNext", deed) })],
  ["the value of a oneof", ChainSchema, (deed) => put(chain(), { one: got({ case: "oneNext" }, "value", chain(), deed) })],
  ["toString() of a text", PayloadSchema, (deed) => put(payload(), { name: { toString: () => after(deed, "text") } })],
  [
    "toString() of a text in a map of a child",
    PayloadSchema,
    (deed) => put(payload(), { child: put(payload(), { tags: { a: { toString: () => after(deed, "x") } } }) }),
  ],
  ["valueOf() of 64 bits", PayloadSchema, (deed) => put(payload(), { nums: [1n, { toString: () => after(deed, "77") }, 3n] })],
  ["length of bytes", PayloadSchema, (deed) => put(payload(), { body: got(Object.assign([1, 2], { byteLength: 2 }), "0", 7, deed) })],
  [
    "a message that has groups",
    TreeSchema,
    (deed) => put(create(TreeSchema, { id: 1, group: { id: 2 } }), { child: got(create(TreeSchema), "id", 3, deed) }),
  ],
];

for (const [what, deed] of DEEDS) {
  test(`user code that ${what} while a message is encoded: the same bytes or the same error as of protobuf-es, and nothing is left over`, () => {
    let done = 0;
    const counted = () => {
      done++;
      deed();
    };
    for (const [where, schema, make] of PLACES) {
      const before = done;
      compareEncode(schema, make(counted), () => where);
      assert.ok(done >= before + 2, `${where} was read by both`);
      assert.deepEqual(protoCodec.encode(ChainSchema, other), otherBytes);
      assert.ok(Buffer.compare(protoCodec.encode(PayloadSchema, large), largeBytes) === 0);
    }
  });
}

function payload(): Payload {
  return create(PayloadSchema, { id: 1, name: "name", body: Uint8Array.of(1), nums: [4n], tags: { a: "b" }, child: { id: 2 } });
}

function chain(): Chain {
  return create(ChainSchema, { id: 1, next: { id: 2 } });
}

function after<T>(deed: () => void, value: T): T {
  deed();
  return value;
}

/** The target with a property that is read by running something first. */
function got<T extends object>(target: T, name: string, value: unknown, deed: () => void): T {
  return Object.defineProperty(target, name, { get: () => after(deed, value), enumerable: true, configurable: true });
}

function put<T extends object>(target: T, values: Record<string, unknown>): T {
  return Object.assign(target, values);
}
