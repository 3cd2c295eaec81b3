import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const BENCH = dirname(dirname(fileURLToPath(import.meta.url)));
export const ROOT = dirname(BENCH);
/** Ignored by git: programs that were built, and files for the loads. */
export const TOOLS = join(ROOT, ".tools", "bench");
export const RUST_TARGET = join(ROOT, ".tools", "bench-rust");
export const RESULTS = join(BENCH, "results");
