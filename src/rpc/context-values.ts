/**
 * Values that interceptors and handlers of one call hand to one another, each under a typed key. They stay on this side: nothing
 * of them goes over the wire.
 */
export class ContextValues {
  /** Made with the first value. */
  private values: Map<ContextKey<unknown>, unknown> | undefined = undefined;

  /** The value under the key, the key's default where none was set. */
  get<T>(key: ContextKey<T>): T {
    if (this.values === undefined || !this.values.has(key as ContextKey<unknown>)) return key.defaultValue;
    return this.values.get(key as ContextKey<unknown>) as T;
  }

  set<T>(key: ContextKey<T>, value: T): this {
    this.values ??= new Map();
    this.values.set(key as ContextKey<unknown>, value);
    return this;
  }

  /** Whether a value was set, be it the default. */
  has<T>(key: ContextKey<T>): boolean {
    return this.values?.has(key as ContextKey<unknown>) ?? false;
  }

  /** Forgets the value; true when there was one. */
  delete<T>(key: ContextKey<T>): boolean {
    return this.values?.delete(key as ContextKey<unknown>) ?? false;
  }
}

/** A key of {@link ContextValues}: the object itself is the key, so that two keys never collide. Made by {@link contextKey}. */
export interface ContextKey<T> {
  readonly defaultValue: T;
  /** For people who debug. */
  readonly description: string;
}

/** Makes a key for values of one type. `defaultValue` is what `get` gives where nothing was set. */
export function contextKey<T>(defaultValue: T, description = ""): ContextKey<T> {
  return Object.freeze({ defaultValue, description });
}
