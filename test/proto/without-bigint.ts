// For a process of its own, with BUF_BIGINT_DISABLE=1, where protobuf-es keeps 64 bits as strings: says how much it compared, or fails.
import assert from "node:assert/strict";
import { create, protoInt64 } from "@bufbuild/protobuf";
import { Int64ValueSchema } from "@bufbuild/protobuf/wkt";
import { PayloadSchema } from "../../gen/bench_pb.js";
import { LongsSchema } from "../../gen/kinds_pb.js";
import { compareMessages, compareMutants } from "./compare.js";
import { PLAIN_PROTO2, PLAIN_PROTO3 } from "./subjects.js";

const MESSAGES = 60;
const MUTANTS = 300;

assert.equal(protoInt64.supported, false, "bigint is there");
assert.deepEqual(create(PayloadSchema, { nums: ["1"] as never }).nums, ["1"]);
let compared = 0;
for (const schema of [PayloadSchema, LongsSchema, Int64ValueSchema, PLAIN_PROTO2, PLAIN_PROTO3]) {
  const subject = { name: schema.typeName, schema };
  const encodings = compareMessages(subject, 3_000, MESSAGES);
  compareMutants(subject, encodings, 4_000, MUTANTS);
  compared += encodings.length + MUTANTS;
}
console.log(`${compared} compared`);
