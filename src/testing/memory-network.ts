import type { Runtime } from "../base/runtime.js";
import { UsageError } from "../base/usage-error.js";
import type { ByteStream, ByteStreamEvents } from "../transport/byte-stream.js";
import type { ByteStreamOpener } from "../transport/byte-stream-opener.js";
import { type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";

/** How the pipes of a {@link MemoryNetwork} behave, where a dialler does not say. */
export type MemoryNetworkOptions = MemoryPipeOptions;

/** Names on which servers listen, without sockets: client and server in one process, on the time of one runtime. */
export class MemoryNetwork {
  /** The pipes that were made, in order: to be cut or stalled by a test. */
  readonly pipes: MemoryPipe[] = [];
  readonly #runtime: Runtime;
  readonly #options: MemoryNetworkOptions;
  readonly #listeners: Map<string, (accepted: ByteStreamOpener) => void> = new Map();

  constructor(runtime: Runtime, options: MemoryNetworkOptions = {}) {
    this.#runtime = runtime;
    this.#options = options;
  }

  /** Listens on a name; the callback gets each connection. Returns what stops it. Throws `UsageError` when the name is taken. */
  listen(name: string, accept: (accepted: ByteStreamOpener) => void): () => void {
    if (this.#listeners.has(name)) throw new UsageError(`somebody listens on "${name}" already`);
    this.#listeners.set(name, accept);
    return () => {
      this.#listeners.delete(name);
    };
  }

  /** What opens connections to a name. When nobody listens, `onClose` says that the connection was refused. */
  dialer(name: string, options: MemoryPipeOptions = this.#options): ByteStreamOpener {
    return (events) => this.#dial(name, options, events);
  }

  #dial(name: string, options: MemoryPipeOptions, events: ByteStreamEvents): ByteStream {
    const pipe = memoryPipe(this.#runtime, options);
    const accept = this.#listeners.get(name);
    const stream = pipe.client(events);
    if (accept === undefined) {
      pipe.cut(`connection refused by ${name}: nothing listens there`);
    } else {
      this.pipes.push(pipe);
      accept(pipe.server);
    }
    return stream;
  }
}
