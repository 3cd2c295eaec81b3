/** A call whose handle may be collected. */
export interface Collectable {
  /** The handle was collected: nobody can use the call, or end it, any more. Does nothing after the end. Must not throw. */
  abandon(): void;
}

/**
 * Abandons the call when the runtime collects its handle. Nothing here holds the handle; the call must not either. A call that ends
 * stays registered until then: taking it out costs more than being told for nothing.
 */
export function abandonWhenCollected(handle: object, call: Collectable): void {
  collected.register(handle, call);
}

/** Keeps the handle from being collected as long as the promise is pending and something could still settle it. */
export function keepUntilSettled(handle: object, pending: Promise<unknown>): void {
  // returned, or whoever makes the code smaller would see that it is not used
  const settled = () => handle;
  pending.then(settled, settled);
}

const collected = new FinalizationRegistry<Collectable>((call) => call.abandon());
