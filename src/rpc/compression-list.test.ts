import assert from "node:assert/strict";
import { test } from "node:test";
import type { Compression } from "./compression.js";
import { chooseCompression, namesCompression, parseCompressionList } from "./compression-list.js";

function named(name: string): Compression {
  return { name, compress: (bytes) => bytes, decompress: (bytes) => bytes };
}
const ours = [named("br"), named("gzip")];

const cases: [list: string | undefined, chosen: string | undefined][] = [
  [undefined, undefined],
  ["", undefined],
  ["identity", undefined],
  ["gzip", "gzip"],
  ["identity,deflate,gzip", "gzip"],
  ["gzip,br", "br"],
  ["gzip, br", "br"],
  ["gzip ,\tbr\t,x", "br"],
  ["xgzip,gzipx,bro,x-gzip", undefined],
  ["gzipgzip,gzip", "gzip"],
];
for (const [list, chosen] of cases) {
  test(`a peer that accepts ${JSON.stringify(list)} gets ${chosen ?? "identity"}`, () => {
    assert.equal(chooseCompression(list, ours)?.name, chosen);
  });
}

test("names of a list", () => {
  assert.deepEqual(parseCompressionList(" gzip,,Br , identity,gzip"), ["gzip", "br"]);
  assert.equal(namesCompression("a,b,c", "b"), true);
  assert.equal(namesCompression("a,bb,c", "b"), false);
});
