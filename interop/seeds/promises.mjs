/** What Sluice promises for its end of a run; null: nothing, since it is the other end that has to act. */
export function promiseOf({ one, client, server }) {
  if (client === "go") return one.promiseToGo === undefined ? one.promise : one.promiseToGo;
  if (server === "go") return one.promiseFromGo ?? one.promise;
  return one.promise;
}

/** All that Sluice promises in a case. */
export function promisesOf({ promise, promiseToGo, promiseFromGo }) {
  const others = [
    ["to a Go client", promiseToGo],
    ["with a Go server", promiseFromGo],
  ].flatMap(([who, said]) => (said === undefined || said === null ? [] : [`${who}: ${said}`]));
  return [promise, ...others].join("; ");
}
