/** A call whose handle may be collected. */
export interface Collectable {
  /** The handle was collected: nobody can use the call, or end it, any more. Must not throw. */
  abandon(): void;
}

/**
 * Abandons the call when the runtime collects its handle. Nothing here holds the handle; the call must not either, as long as it runs. A
 * call that ends stays registered until then: taking it out costs more than being told for nothing.
 */
export class CollectionWatch {
  private call: Collectable | undefined;

  constructor(handle: object, call: Collectable) {
    this.call = call;
    collected.register(handle, this);
  }

  /**
   * The call has ended. What it has to do with from here on, such as the reason of a cancel (an error whose stack refers to functions and
   * what they use), may refer to the handle: held from here, it would hold that for ever.
   */
  stop(): void {
    this.call = undefined;
  }

  /** The handle was collected. */
  onCollected(): void {
    this.call?.abandon();
  }
}

/** Keeps the handle from being collected as long as the promise is pending and something could still settle it. */
export function keepUntilSettled(handle: object, pending: Promise<unknown>): void {
  // returned, or whoever makes the code smaller would see that it is not used
  const settled = () => handle;
  pending.then(settled, settled);
}

const collected = new FinalizationRegistry<CollectionWatch>((watch) => watch.onCollected());
