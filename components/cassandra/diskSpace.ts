/** Space on the disk of a pod, in bytes. */
export interface DiskSpace {
  size: number;
  free: number;
}

/** What `df -PB1` says of one folder; undefined if it is not in the output. */
export function parseDiskSpace(said: string): DiskSpace | undefined {
  const [, size, free] = /^\S+ +(\d+) +\d+ +(\d+) +\d+% /m.exec(said) ?? [];
  return size === undefined ? undefined : { size: Number(size), free: Number(free) };
}
