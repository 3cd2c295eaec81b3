/** A promise that nobody has to handle, and what it is resolved with: a value, or another promise. */
export function pending<Value>(): [promise: Promise<Value>, resolve: (value: Value | Promise<Value>) => void] {
  let settle!: (value: Value | Promise<Value>) => void;
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return [handled(promise), settle];
}

/** The promise, whose rejection nobody has to handle. */
export function handled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {});
  return promise;
}

/** A promise that has been rejected, which nobody has to handle. */
export function rejected(error: unknown): Promise<never> {
  return handled(Promise.reject(error));
}
