/** All calls get the result of the first call, such as the hooks that the StatefulSets of one ring share, once in an update. */
export function shareFirstCall<A extends unknown[], T extends object>(work: (...args: A) => T): (...args: A) => T {
  let begun: T | undefined;
  return (...args) => (begun ??= work(...args));
}
