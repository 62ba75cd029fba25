/** A version of Cassandra: 5.0.9. */
export interface Version {
  major: number;
  minor: number;
}

/**
 * Whether an image is Cassandra's own by its name: `cassandra`, `library/cassandra` behind any registry and path (which is how
 * mirrors name it), or `cassandra` right behind a registry. Any other path is a company's, whose tags may be versions of its own.
 */
const isOfficial = (image: string) =>
  /^((\S+\/)?library\/|([^/]*[.:][^/]*|localhost)\/)?cassandra(:[^/]*|@[^/]*)$/.test(image);

/**
 * Series that Cassandra has. The tag of a company's own image is believed to be one of them only: 3.2, 5.1 or 7.1 may be a count of the
 * company's own. A member that runs such an image tells its version.
 */
const believed = ["3.0", "3.11", "4.0", "4.1", "5.0", "6.0"];

/**
 * Version that the tag of an image begins with: `5.0.9-jammy`, `v5.0.9`; undefined if it has no version, or there is only a digest.
 * 2026.11, 26.11, 4.20261101 and 4.1.20261101 are dates: no part of a version has three digits.
 */
export function versionOf(image: string): Version | undefined {
  const [, ...parts] = /:v?(1?\d)\.(\d{1,2})(?!\d|\.\d{3})[^/@]*(?:@.*)?$/.exec(image) ?? [];
  const [major, minor] = parts.map(Number);
  if (major === undefined) return undefined;
  return isOfficial(image) || believed.includes(`${major}.${minor}`) ? { major, minor } : undefined;
}

/** The range of versions that an image may hold. */
export interface Versions {
  oldest: Version;
  newest: Version;
}

/** The last series of each major version, as far as this program knows. */
const lastMinor: Record<number, number> = { 1: 2, 2: 2, 3: 11, 4: 1, 5: 0 };

/** Major version in a tag of Cassandra's own image without a minor version: `cassandra:4`, `cassandra:4-jammy`. */
export function majorOf(image: string): number | undefined {
  const [, major] = /:(\d{1,2})(?:-[^/@]*)?(?:@.*)?$/.exec(image) ?? [];
  return major === undefined || !isOfficial(image) ? undefined : Number(major);
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
