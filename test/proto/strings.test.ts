// Text that is no Unicode, either way, and what begins with a mark of byte order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type DescMessage, fromBinary, type Message } from "@bufbuild/protobuf";
import { TestAllTypesEdition2023Schema } from "../../gen/google/protobuf/test_messages_edition2023_pb.js";
import { TestAllTypesProto2Schema } from "../../gen/google/protobuf/test_messages_proto2_pb.js";
import { TestAllTypesProto3Schema } from "../../gen/google/protobuf/test_messages_proto3_pb.js";
import { compareDecode, compareEncode } from "./compare.js";
import { joined } from "./mutate.js";
import { PLAIN_PROTO2, PLAIN_PROTO3 } from "./subjects.js";

const SCHEMAS: readonly DescMessage[] = [
  TestAllTypesProto3Schema,
  TestAllTypesProto2Schema,
  TestAllTypesEdition2023Schema,
  PLAIN_PROTO3,
  PLAIN_PROTO2,
];
/** How many characters stand before and after: short strings and long ones go different ways. */
const AROUND = [0, 1, 30, 31, 32, 126, 200];
/** The tags of the fields of type string, repeated string, map of strings and in a oneof, which have the same numbers in all of them. */
const STRING = [0x72];
const REPEATED_STRING = [0xe2, 0x02];
const MAP_STRING_STRING = [0xaa, 0x04];
const ONEOF_STRING = [0x8a, 0x07];

test("a lone surrogate is encoded as by protobuf-es, wherever it stands", () => {
  let compared = 0;
  for (const schema of SCHEMAS) {
    for (const around of AROUND) {
      for (const lone of ["\ud800", "\udc00", "\udc00\ud800", "é\udbff"]) {
        const text = "x".repeat(around) + lone + "y".repeat(around);
        const init = {
          optionalString: text,
          repeatedString: [text, "z"],
          mapStringString: { [text]: text, after: "z" },
          oneofField: { case: "oneofString", value: text },
        };
        const bytes = compareEncode(schema, create(schema, init as never) as Message, () => JSON.stringify(text));
        assert.ok(bytes !== undefined, "it can be encoded");
        compareDecode(schema, bytes, () => JSON.stringify(text));
        compared++;
      }
    }
  }
  assert.equal(compared, 140);
});

test("bytes that are no UTF-8 are replaced or refused as by protobuf-es, and a mark of byte order is text", () => {
  const results = { refused: 0, taken: 0 };
  const wrong = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbb, 0xbf], [0xe2, 0x82]];
  for (const schema of SCHEMAS) {
    for (const around of AROUND) {
      for (const bytes of wrong) {
        const text = joined(new Uint8Array(around).fill(0x78), Uint8Array.from(bytes), new Uint8Array(around).fill(0x79));
        const entry = joined(delimited([0x0a], text), delimited([0x12], text));
        const fields = [STRING, REPEATED_STRING, ONEOF_STRING].map((tag) => delimited(tag, text));
        for (const input of [...fields, delimited(MAP_STRING_STRING, entry)]) {
          const decoded = compareDecode(schema, input, () => `${schema.typeName} ${bytes}`);
          results[decoded === undefined ? "refused" : "taken"]++;
        }
      }
    }
  }
  assert.deepEqual(results, { refused: 504, taken: 476 });
  const marked = fromBinary(TestAllTypesProto3Schema, delimited(STRING, Uint8Array.of(0xef, 0xbb, 0xbf, 0x78)));
  assert.equal(marked.optionalString, "\ufeffx");
});

function delimited(tag: number[], value: Uint8Array): Uint8Array {
  const length = value.length < 0x80 ? [value.length] : [(value.length & 0x7f) | 0x80, value.length >>> 7];
  return joined(Uint8Array.from([...tag, ...length]), value);
}
