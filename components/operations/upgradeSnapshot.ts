import { KubernetesClient, PodReference } from "../kubernetes/apiClient";
import { defaultStallTimeoutMinutes, runJob } from "../cassandra/podJob";
import { compare, Version, versionOf } from "../cassandra/version";

/** How long Cassandra keeps the snapshots, from the version on that deletes them by itself. */
const keptFor = "14d";
const firstWithTtl: Version = { major: 4, minor: 1 };

/** Hours after which an interrupted upgrade needs another snapshot: the first one lacks what was written meanwhile. */
const goesOnFor = 24;

/** Name of a member's snapshot before it restarts with another image. @param time of the member's clock, in `timeFormat` */
export function snapshotName(was: string, wanted: string, time: string): string {
  const [from, to] = [was, wanted].map((image) => {
    const [, tag, digest] = /(?::([\w.-]+))?(?:@sha256:([0-9a-f]{12})[0-9a-f]*)?$/.exec(image) ?? [];
    return tag ?? digest;
  });
  return `before-${to}-from-${from}-${time}`;
}

/** Format for `date`. */
const timeFormat = "%Y%m%dT%H%M%SZ";
const timeOf = (text: string) =>
  Date.parse(text.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, "$1-$2-$3T$4:$5:$6Z"));

/** What a member says of its snapshots. */
export interface SnapshotView {
  /** Time of its clock, as in the names. */
  now: string;
  /** Name of the last complete snapshot, which the member has written on its disk; empty if there is none. */
  noted: string;
  /** Names of the snapshots that Cassandra has. */
  listed: string[];
  /** When its container started last. */
  startedAt?: Date;
}

/**
 * The snapshot that a member took for this very upgrade before the upgrade was interrupted; undefined if the member must take one. The
 * snapshot is complete, still exists, and is of these images. If the member has started since, it may have run the other image
 * meanwhile. If the snapshot is old, it lacks what was written since. Both are snapshots of an earlier upgrade.
 */
export function ownSnapshot({ now, noted, listed, startedAt }: SnapshotView, was: string, wanted: string) {
  const time = noted.slice(snapshotName(was, wanted, "").length);
  if (noted !== snapshotName(was, wanted, time) || !listed.includes(noted) || !startedAt) return undefined;
  const [taken, present] = [timeOf(time), timeOf(now)];
  const isOfThisRun = taken >= startedAt.getTime();
  return isOfThisRun && present - taken < goesOnFor * 3_600_000 ? noted : undefined;
}

/** File that is deleted with the rest of the disk. */
const note = "/var/lib/cassandra/ring-snapshot";

/** Prints the member's time and, if the file exists, the name in it and the snapshots that Cassandra lists. */
const listSnapshots = `date -u +${timeFormat}; [ ! -e ${note} ] || { cat ${note}; nodetool listsnapshots; }`;

/** Arguments: name, options. Cassandra lists interrupted snapshots as well, so the file is written only after a complete one. */
const takeSnapshot = `
nodetool snapshot --tag "$0" "$@" || exit
nodetool listsnapshots | grep -q "^$0 " || { echo "Cassandra does not list snapshot $0" >&2; exit 1; }
echo "$0" >${note} || true`;

/**
 * Takes a snapshot of a member's data, unless the member has one of this upgrade.
 * @returns what was done, in a sentence
 * @throws {Error} if the snapshot failed; then no pod was restarted
 */
export async function keepSnapshot(
  cluster: KubernetesClient,
  member: PodReference,
  {
    image,
    wanted,
    startedAt,
    stallTimeoutMinutes = defaultStallTimeoutMinutes,
  }: { image: string; wanted: string; startedAt?: Date; stallTimeoutMinutes?: number },
): Promise<string> {
  const run = (...command: string[]) => cluster.exec(member, command);
  const untouched = (error: Error) => {
    throw new Error(`${error.message}\nNo pod was restarted`);
  };
  const [now, noted = "", ...lines] = (await run("sh", "-c", listSnapshots).catch(untouched)).trim().split("\n");
  const listed = lines.map((line) => line.split(" ")[0]);
  const own = ownSnapshot({ now, noted, listed, startedAt }, image, wanted);
  if (own) return `${member.pod} already has a snapshot of its data (${own})`;
  const version = versionOf(image);
  const ttl = version && compare(version, firstWithTtl) < 0 ? [] : ["--ttl", keptFor];
  const name = snapshotName(image, wanted, now);
  const command = ["sh", "-c", takeSnapshot, name, ...ttl];
  await runJob(run, { name: "snapshot", command }, { stallTimeoutMinutes }).catch((error: Error) =>
    untouched(new Error(`${member.pod}: nodetool snapshot: ${error.message}`)),
  );
  return `${member.pod} has taken a snapshot of its data (${name})`;
}
