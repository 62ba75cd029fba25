/** A version of Cassandra: 5.0.9. */
export interface Version {
  major: number;
  minor: number;
}

/** Version that the tag of an image begins with: `5.0.9-jammy`, `v5.0.9`; undefined when it has none, or a digest alone. */
export function versionOf(image: string): Version | undefined {
  // 2026.11 and 26.11 are dates.
  const [, major, minor] = /:v?(1?\d)\.(\d+)[^/@]*(?:@.*)?$/.exec(image) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** A version as messages put it. */
export const written = ({ major, minor }: Version) => `${major}.${minor}`;

/** Below zero for an older one first, as `sort` takes it. */
export const compare = (a: Version, b: Version) => a.major - b.major || a.minor - b.minor;
