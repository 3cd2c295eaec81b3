import type { Compression } from "sluice";

// not part of the public API: users name their compressions, and `connect` and `serve` find them
const url = new URL("../../../dist/node/compression.js", import.meta.url).href;

export const { gzip, brotli } = (await import(url)) as { readonly gzip: Compression; readonly brotli: Compression };
