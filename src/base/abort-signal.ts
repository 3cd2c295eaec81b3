/** What Sluice needs of an abort signal, for runtimes and type libraries that bring none. */
export interface MinimalAbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** The platform's own `AbortSignal` type where the compiler knows one, else {@link MinimalAbortSignal}. */
export type AbortSignalLike = typeof globalThis extends { AbortSignal: { prototype: infer Signal } } ? Signal : MinimalAbortSignal;

/** A signal, and the one who aborts it. */
export interface AbortSource {
  readonly signal: AbortSignalLike;
  abort(reason: unknown): void;
}

/** Makes the platform's own `AbortController`: every platform has one, not every type library says so. */
export function newAbortSource(): AbortSource {
  const { AbortController } = globalThis as unknown as { readonly AbortController: new () => AbortSource };
  return new AbortController();
}
