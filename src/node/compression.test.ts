import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { RpcError } from "../rpc/rpc-error.js";
import { compressionNamed, nodeCompressions } from "./compression.js";

const TEXT = new TextEncoder().encode("the same words again and again, ".repeat(2_000));

for (const compression of nodeCompressions) {
  const { name } = compression;
  test(`${name}: there and back, as plain bytes`, () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.of(1), TEXT]) {
      const compressed = compression.compress(bytes);
      assert.equal(compressed.constructor, Uint8Array);
      const back = compression.decompress(compressed, TEXT.length);
      assert.equal(back.constructor, Uint8Array);
      assert.deepEqual(back, bytes);
    }
    assert.equal(compression.name, name);
    assert.ok(compression.compress(TEXT).length < TEXT.length / 10);
  });

  test(`${name}: one byte too many is resource_exhausted`, () => {
    const compressed = compression.compress(TEXT);
    assert.throws(
      () => compression.decompress(compressed, TEXT.length - 1),
      (error) => error instanceof RpcError && error.code === "resource_exhausted" && error.message.includes(String(TEXT.length - 1)),
    );
    assert.throws(
      () => compression.decompress(compression.compress(Uint8Array.of(1)), 0),
      (error) => error instanceof RpcError && error.code === "resource_exhausted",
    );
  });

  test(`${name}: a bomb is stopped while it inflates`, () => {
    const bomb = compression.compress(new Uint8Array(256 * 1024 * 1024));
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    assert.throws(
      () => compression.decompress(bomb, 1024 * 1024),
      (error) => {
        most = process.memoryUsage().arrayBuffers;
        return error instanceof RpcError && error.code === "resource_exhausted";
      },
    );
    assert.ok(most - before < 16 * 1024 * 1024, `${most - before} bytes more`);
  });

  test(`${name}: what is not of this compression is internal, cut short too`, () => {
    const compressed = compression.compress(TEXT);
    for (const bad of [TEXT, new Uint8Array(0), compressed.subarray(0, compressed.length - 9)]) {
      assert.throws(
        () => compression.decompress(bad, 1_000_000),
        (error) => error instanceof RpcError && error.code === "internal" && error.message.includes(name),
      );
    }
  });
}

test("gzip is what others call gzip", () => {
  const gzip = compressionNamed("gzip");
  assert.ok(gzip);
  assert.deepEqual(new Uint8Array(gunzipSync(gzip.compress(TEXT))), TEXT);
  assert.deepEqual(gzip.decompress(gzipSync(TEXT, { level: 9 }), TEXT.length), TEXT);
});

test("gzip: a size that lies, or is that of the last of several members, changes nothing", () => {
  const gzip = compressionNamed("gzip");
  assert.ok(gzip);
  const exhausted = (error: unknown) => error instanceof RpcError && error.code === "resource_exhausted";
  const members = Buffer.concat([gzipSync(TEXT), gzipSync(Uint8Array.of(1))]);
  assert.equal(gzip.decompress(members, TEXT.length + 1).length, TEXT.length + 1);
  assert.throws(() => gzip.decompress(members, TEXT.length), exhausted);

  const bomb = gzipSync(new Uint8Array(64 << 20));
  bomb.writeUInt32LE(10, bomb.length - 4);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => gzip.decompress(bomb, 1 << 20), exhausted);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 << 20);

  const small = gzipSync(Uint8Array.of(1));
  small.writeUInt32LE(0xffff_fff0, small.length - 4);
  assert.throws(() => gzip.decompress(small, 100), /not gzip/);
});

test("gzip: what says that it is too large is refused before a byte of it inflates", () => {
  const gzip = compressionNamed("gzip");
  assert.ok(gzip);
  const bomb = gzipSync(new Uint8Array(64 << 20));
  const before = process.memoryUsage().arrayBuffers;
  for (let i = 0; i < 64; i++) {
    assert.throws(
      () => gzip.decompress(bomb, 4 << 20),
      (error) => error instanceof RpcError && error.code === "resource_exhausted",
    );
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test("identity is no compression, an unknown name a UsageError with those there are", () => {
  assert.equal(compressionNamed("identity"), undefined);
  assert.throws(() => compressionNamed("lzw"), /"compression".*"lzw".*identity, gzip, br/);
});
