/// <reference lib="esnext.disposable" preserve="true" />
export { everyInterleaving, type InterleavingOptions, type InterleavingReport } from "./every-interleaving.js";
export { InterleavingFailure } from "./interleaving-failure.js";
export type { InterleavingEnd, Scenario } from "./scenario.js";
