/// <reference lib="esnext.disposable" preserve="true" />
export { type InMemory, type InMemoryOptions, type InMemoryTransport, inMemory, type Reachability } from "./in-memory.js";
export { expectNoLeaks, type LeakSources, leaks, openHandles } from "./leak-check.js";
export { type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";
export { MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.js";
export { VirtualRuntime, type VirtualRuntimeOptions } from "./virtual-runtime.js";
