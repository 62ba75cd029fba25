import { KubernetesClient, PodReference } from "../kubernetes/apiClient";
import { defaultStallTimeoutMinutes, runJob } from "../cassandra/podJob";
import { compare, Version, versionOf } from "../cassandra/version";

/** For how long Cassandra keeps the snapshots, from the version on that lets them go by itself. */
const keptFor = "14d";
const firstWithTtl: Version = { major: 4, minor: 1 };

/** Hours after which an upgrade that was cut off is another one: what was written meanwhile is in no snapshot. */
const goesOnFor = 24;

/** What a member keeps before it restarts with another image. @param time of the member's clock, as `timeFormat` has it */
export function snapshotName(was: string, wanted: string, time: string): string {
  const [from, to] = [was, wanted].map((image) => {
    const [, tag, digest] = /(?::([\w.-]+))?(?:@sha256:([0-9a-f]{12})[0-9a-f]*)?$/.exec(image) ?? [];
    return tag ?? digest;
  });
  return `before-${to}-from-${from}-${time}`;
}

/** As `date` takes it. */
const timeFormat = "%Y%m%dT%H%M%SZ";
const timeOf = (text: string) =>
  Date.parse(text.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, "$1-$2-$3T$4:$5:$6Z"));

/** What a member says of its snapshots. */
export interface SnapshotView {
  /** Time of its clock, as in the names. */
  now: string;
  /** Name that it has noted on its disk after the last snapshot was whole; empty where there is no note. */
  noted: string;
  /** Names of the snapshots that Cassandra has. */
  listed: string[];
  /** When its container started last. */
  startedAt?: Date;
}

/**
 * The snapshot that a member has kept for this very upgrade, which was cut off and goes on; undefined where it is to keep one. It is
 * of these images, whole, and still there. A member that has started since may have run the other image meanwhile, and one of long
 * ago lacks what was written since: these are of an earlier upgrade.
 */
export function ownSnapshot({ now, noted, listed, startedAt }: SnapshotView, was: string, wanted: string) {
  const time = noted.slice(snapshotName(was, wanted, "").length);
  if (noted !== snapshotName(was, wanted, time) || !listed.includes(noted) || !startedAt) return undefined;
  const [taken, present] = [timeOf(time), timeOf(now)];
  const isOfThisRun = taken >= startedAt.getTime();
  return isOfThisRun && present - taken < goesOnFor * 3_600_000 ? noted : undefined;
}

/** It is wiped with the rest of the disk. */
const note = "/var/lib/cassandra/ring-snapshot";

/** Prints the member's time, its note, and what Cassandra lists where there is one. */
const lookAtSnapshots = `date -u +${timeFormat}; [ ! -e ${note} ] || { cat ${note}; nodetool listsnapshots; }`;

/** Arguments: name, options. A snapshot that was cut off is listed as well, so that the note comes after a whole one alone. */
const takeSnapshot = `
nodetool snapshot --tag "$0" "$@" || exit
nodetool listsnapshots | grep -q "^$0 " || { echo "Cassandra does not list snapshot $0" >&2; exit 1; }
echo "$0" >${note} || true`;

/**
 * Has a member keep a snapshot of its rows, unless it has one of this upgrade.
 * @returns what was done, in a sentence
 * @throws {Error} when it could not; no pod was restarted then
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
  const [now, noted = "", ...lines] = (await run("sh", "-c", lookAtSnapshots).catch(untouched)).trim().split("\n");
  const listed = lines.map((line) => line.split(" ")[0]);
  const own = ownSnapshot({ now, noted, listed, startedAt }, image, wanted);
  if (own) return `${member.pod} has kept a snapshot of its rows (${own})`;
  const version = versionOf(image);
  const ttl = version && compare(version, firstWithTtl) < 0 ? [] : ["--ttl", keptFor];
  const name = snapshotName(image, wanted, now);
  const command = ["sh", "-c", takeSnapshot, name, ...ttl];
  await runJob(run, { name: "snapshot", command }, { stallTimeoutMinutes }).catch((error: Error) =>
    untouched(new Error(`${member.pod}: nodetool snapshot: ${error.message}`)),
  );
  return `${member.pod} keeps a snapshot of its rows (${name})`;
}
