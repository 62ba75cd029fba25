/** What the first call begins is what all get, such as the hooks that several sets of one ring share, once in an update. */
export function shareFirstCall<A extends unknown[], T extends object>(work: (...args: A) => T): (...args: A) => T {
  let begun: T | undefined;
  return (...args) => (begun ??= work(...args));
}
