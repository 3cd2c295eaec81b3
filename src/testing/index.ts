/// <reference lib="esnext.disposable" preserve="true" />
export type { CarriedConnection, Carrier, CarrierEnds } from "./carrier.js";
export { InMemory, type InMemoryOptions, type InMemoryTransport, inMemory } from "./in-memory.js";
export {
  everyInterleaving,
  type InterleavingEnd,
  InterleavingFailure,
  type InterleavingOptions,
  type InterleavingReport,
  type Scenario,
} from "./interleavings/index.js";
export { expectNoLeaks, type LeakSources, leaks, openHandles } from "./leak-check.js";
export { Link, type LinkOptions } from "./link.js";
export { type Direction, type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";
export { MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.js";
export { type ResetCode, ScriptedCall, type ScriptedEnd, type ScriptedFields } from "./scripted/scripted-call.js";
export { ScriptedClient } from "./scripted/scripted-client.js";
export type { Script } from "./scripted/scripted-server.js";
export { VirtualRuntime, type VirtualRuntimeOptions } from "./virtual-runtime.js";
export type { Reachability } from "./world-connections.js";
export type { WorldNetwork } from "./world-network.js";
