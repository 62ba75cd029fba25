/**
 * Space on the disk of a pod, in bytes. What its user may not fill counts for nothing: blocks that are reserved for root, and those
 * beyond a quota. `df` counts its percentage so, too.
 */
export interface DiskSpace {
  size: number;
  free: number;
}

/** Share of a disk that must be free: compactions write new files before they delete the old ones. */
const leastFree = 0.2;

/** Whether a disk has too little room for compactions. Once it is full, Cassandra stops. */
export const isFilling = ({ size, free }: DiskSpace): boolean => free < leastFree * size;

/** What `df -PB1` says of one folder; undefined if it is not in the output. */
export function parseDiskSpace(said: string): DiskSpace | undefined {
  const [, used, free] = /^\S+ +\d+ +(\d+) +(\d+) +\d+% /m.exec(said)?.map(Number) ?? [];
  return used === undefined ? undefined : { size: used + free, free };
}
