import * as buffer from "node:buffer";
import * as zlib from "node:zlib";
import { badOption } from "../base/usage-error.js";
import type { Compression } from "../rpc/compression.js";
import { RpcError } from "../rpc/rpc-error.js";

/** A pair of node:zlib's functions that work at once. */
interface Codec {
  readonly compress: (bytes: Uint8Array) => Uint8Array;
  readonly decompress: (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;
}

/** gzip (RFC 1952), at the level that costs least: messages are compressed while others wait. */
export const gzip: Compression = compression("gzip", {
  compress: (bytes) => zlib.gzipSync(bytes, { level: 1 }),
  decompress: (bytes, options) => zlib.gunzipSync(bytes, options),
});

/** Brotli (RFC 7932), at quality 4: beyond gzip in size, not much beyond in time. */
export const brotli: Compression = compression("br", {
  compress: (bytes) =>
    zlib.brotliCompressSync(bytes, {
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
  decompress: (bytes, options) => zlib.brotliDecompressSync(bytes, options),
});

/** Zstandard (RFC 8878), where this Node has it (22.15 and up); else undefined. */
export const zstd: Compression | undefined = zstdOf(zlib);

/** What this Node has, the one to prefer first. */
export const nodeCompressions: readonly Compression[] = zstd === undefined ? [gzip, brotli] : [gzip, brotli, zstd];

/** The compression of this name; undefined for `"identity"`. Throws `UsageError` for a name that this Node does not have. */
export function compressionNamed(name: string): Compression | undefined {
  if (name === "identity") return undefined;
  const found = nodeCompressions.find((candidate) => candidate.name === name);
  return found ?? badOption("compression", name, `one of identity, ${nodeCompressions.map((one) => one.name).join(", ")}`);
}

function zstdOf(module: object): Compression | undefined {
  const { zstdCompressSync, zstdDecompressSync } = module as {
    zstdCompressSync?: Codec["compress"];
    zstdDecompressSync?: Codec["decompress"];
  };
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined) return undefined;
  return compression("zstd", { compress: (bytes) => zstdCompressSync(bytes), decompress: zstdDecompressSync });
}

function compression(name: string, codec: Codec): Compression {
  return {
    name,
    compress: (bytes) => plain(codec.compress(bytes)),
    decompress(bytes, maxBytes) {
      // zlib wants at least 1
      const maxOutputLength = Math.min(Math.max(1, maxBytes), buffer.kMaxLength);
      let output: Uint8Array;
      try {
        output = plain(codec.decompress(bytes, { maxOutputLength }));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name, maxBytes);
        throw new RpcError("internal", `message cannot be decompressed: it is not ${name}`, { initiator: "engine", cause: error });
      }
      if (output.length > maxBytes) throw tooLarge(name, maxBytes);
      return output;
    },
  };
}

function tooLarge(name: string, maxBytes: number): RpcError {
  return new RpcError("resource_exhausted", `message is larger than ${maxBytes} bytes when decompressed (${name})`, {
    initiator: "engine",
  });
}

/** As a `Uint8Array`: what is cut from it must not be a `Buffer`. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
