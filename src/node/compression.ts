import * as buffer from "node:buffer";
import { badOption } from "../base/usage-error.js";
import type { Compression } from "../rpc/compression.js";
import { RpcError } from "../rpc/rpc-error.js";
import { zlibModule } from "./builtin-modules.js";

/** A header of ten bytes, an empty block of two, CRC and size (RFC 1952 §2.3). */
const GZIP_LEAST_BYTES = 20;
/** What a bit pair of a deflate block can stand for at most, 258 bytes (RFC 1951 §3.2.5). */
const DEFLATE_MOST_RATIO = 1032;

/** A pair of node:zlib's functions that work at once. */
interface Codec {
  readonly compress: (bytes: Uint8Array) => Uint8Array;
  readonly decompress: (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize?: number }) => Uint8Array;
  /** What compressed bytes say of their size; undefined when they say nothing that can be true. */
  readonly declaredBytes?: (bytes: Uint8Array) => number | undefined;
}

/** gzip (RFC 1952), at the level that costs least: messages are compressed while others wait. */
export const gzip: Compression = compression("gzip", {
  compress: (bytes) => zlibModule().gzipSync(bytes, { level: 1 }),
  decompress: (bytes, options) => zlibModule().gunzipSync(bytes, options),
  declaredBytes: declaredByGzip,
});

/** Brotli (RFC 7932), at quality 4: beyond gzip in size, not much beyond in time. */
export const brotli: Compression = compression("br", {
  compress(bytes) {
    const { brotliCompressSync, constants } = zlibModule();
    return brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    });
  },
  decompress: (bytes, options) => zlibModule().brotliDecompressSync(bytes, options),
});

/** Zstandard (RFC 8878), where this Node has it (22.15 and up); else undefined. */
export const zstd: Compression | undefined = hasZstd()
  ? compression("zstd", {
      compress: (bytes) => zstdModule().zstdCompressSync(bytes),
      decompress: (bytes, options) => zstdModule().zstdDecompressSync(bytes, options),
    })
  : undefined;

/** What this Node has, the one to prefer first. */
export const nodeCompressions: readonly Compression[] = zstd === undefined ? [gzip, brotli] : [gzip, brotli, zstd];

/** The compression of this name; undefined for `"identity"`. Throws `UsageError` for a name that this Node does not have. */
export function compressionNamed(name: string): Compression | undefined {
  if (name === "identity") return undefined;
  const found = nodeCompressions.find((candidate) => candidate.name === name);
  return found ?? badOption("compression", name, `one of identity, ${nodeCompressions.map((one) => one.name).join(", ")}`);
}

/** Node says so without loading the module; of another runtime it has to be looked up. */
function hasZstd(): boolean {
  return isNode() ? "zstd" in process.versions : "zstdCompressSync" in zlibModule();
}

function isNode(): boolean {
  return !("bun" in process.versions || "deno" in process.versions);
}

/** Types of Node 20 do not have it. */
function zstdModule(): { zstdCompressSync: Codec["compress"]; zstdDecompressSync: Codec["decompress"] } {
  return zlibModule() as never;
}

function compression(name: string, codec: Codec): Compression {
  return {
    name,
    compress: (bytes) => plain(codec.compress(bytes)),
    decompress(bytes, maxBytes) {
      const declared = codec.declaredBytes?.(bytes);
      // An honest bomb costs nothing: what inflates before it is refused is garbage that nobody collects at once.
      if (declared !== undefined && declared > maxBytes) throw tooLarge(name, maxBytes);
      // zlib wants at least 1
      const maxOutputLength = Math.min(Math.max(1, maxBytes), buffer.kMaxLength);
      let output: Uint8Array;
      try {
        output = plain(codec.decompress(bytes, { maxOutputLength, ...chunkFor(declared) }));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(name, maxBytes);
        throw new RpcError("internal", `message cannot be decompressed: it is not ${name}`, { initiator: "engine", cause: error });
      }
      if (output.length > maxBytes) throw tooLarge(name, maxBytes);
      return output;
    },
  };
}

/** The size that a gzip member ends with (RFC 1952 §2.3.1, ISIZE). It may lie, and others may stand before it: a hint, never a limit. */
function declaredByGzip(bytes: Uint8Array): number | undefined {
  const { length } = bytes;
  if (length < GZIP_LEAST_BYTES || bytes[0] !== 0x1f || bytes[1] !== 0x8b) return undefined;
  const declared = new DataView(bytes.buffer, bytes.byteOffset + length - 4, 4).getUint32(0, true);
  return declared > length * DEFLATE_MOST_RATIO ? undefined : declared;
}

/** Room for all that comes out, and a byte, or zlib would look for more; else its own chunks of 16 KiB. */
function chunkFor(declared: number | undefined): { chunkSize?: number } {
  return declared === undefined ? {} : { chunkSize: Math.max(zlibModule().constants.Z_MIN_CHUNK, declared + 1) };
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
