import type { Runtime } from "../base/runtime.js";
import { badOption, UsageError } from "../base/usage-error.js";
import { Link, type LinkOptions } from "./link.js";
import { type Direction, type MemoryPipe, type MemoryPipeOptions, memoryPipe } from "./memory-byte-stream.js";

/**
 * The line between the clients and the server of one world, shared by all connections. Everything can be changed while calls run. It carries
 * bytes, so it needs the transport `"http2"`: without HTTP/2 its methods throw `UsageError`.
 */
export class WorldNetwork {
  private readonly runtime: Runtime;
  private readonly options: MemoryPipeOptions;
  private readonly links: Readonly<Record<Direction, Link>> | undefined;
  /** The pipes of the connections so far, the newest last. */
  readonly pipes: MemoryPipe[] = [];

  constructor(runtime: Runtime, options: MemoryPipeOptions | undefined, bytes: boolean) {
    this.runtime = runtime;
    this.options = options ?? {};
    this.links = bytes ? { toServer: new Link(runtime, options), toClient: new Link(runtime, options) } : undefined;
  }

  /** Changes latency, bandwidth and cuts from now on, in one direction or both; what is not named stays. Throws `UsageError`. */
  set(options: LinkOptions, direction?: Direction): void {
    for (const link of this.chosen(direction)) link.set(options);
  }

  /** Bytes stop to arrive, in one direction or both, as on a network that swallows packets: nobody is told, writers run into back-pressure. */
  stall(direction?: Direction): void {
    for (const link of this.chosen(direction)) link.stall(true);
  }

  /** What was stalled goes on; nothing is lost. */
  resume(direction?: Direction): void {
    for (const link of this.chosen(direction)) link.stall(false);
  }

  /** A new connection on this line. */
  pipe(): MemoryPipe {
    const pipe = memoryPipe(this.runtime, this.options, this.links);
    this.pipes.push(pipe);
    return pipe;
  }

  private chosen(direction: Direction | undefined): readonly Link[] {
    const { links } = this;
    if (links === undefined) throw new UsageError('without HTTP/2 a world has no line: make it with { transport: "http2" }');
    if (direction === undefined) return [links.toServer, links.toClient];
    const link = links[direction];
    return link === undefined ? badOption("direction", direction, '"toServer" or "toClient"') : [link];
  }
}
