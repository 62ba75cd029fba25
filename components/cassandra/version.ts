/** A version of Cassandra: 5.0.9. */
export interface Version {
  major: number;
  minor: number;
}

/** Version that the tag of an image begins with: `5.0.9-jammy`, `v5.0.9`; undefined if it has no version, or there is only a digest. */
export function versionOf(image: string): Version | undefined {
  // 2026.11 and 26.11 are dates.
  const [, major, minor] = /:v?(1?\d)\.(\d+)[^/@]*(?:@.*)?$/.exec(image) ?? [];
  return major === undefined ? undefined : { major: Number(major), minor: Number(minor) };
}

/** The range of versions that an image may hold. */
export interface Versions {
  oldest: Version;
  newest: Version;
}

/** The last series of each major version, as far as this program knows. */
const lastMinor: Record<number, number> = { 3: 11, 4: 1, 5: 0 };

/** Major version in a tag of Cassandra's own image without a minor version: `cassandra:4`, `cassandra:4-jammy`. */
export function majorOf(image: string): number | undefined {
  const [, major] = /(?:^|\/)cassandra:(\d{1,2})(?:-[^/@]*)?(?:@.*)?$/.exec(image) ?? [];
  return major === undefined ? undefined : Number(major);
}

/** Versions that the tag of an image allows; undefined if the tag says nothing. */
export function versionsOf(image: string): Versions | undefined {
  const told = versionOf(image);
  if (told) return { oldest: told, newest: told };
  const major = majorOf(image);
  if (major === undefined) return undefined;
  return { oldest: { major, minor: 0 }, newest: { major, minor: lastMinor[major] ?? 0 } };
}

/** A version in messages. */
export const written = ({ major, minor }: Version) => `${major}.${minor}`;

/** For `sort`, the oldest first. */
export const compare = (a: Version, b: Version) => a.major - b.major || a.minor - b.minor;
