/** A ring on one page, and what is not as it should be. */
import {
  addressIn,
  hasLeft,
  hostIdIn,
  membersAwaitingRepair,
  repairedSince,
  topologyChangeIn,
} from "../components/cassandra/record";
import { isFilling } from "../components/cassandra/diskSpace";
import type { RingMember } from "../components/cassandra/nodetool";
import { formatBytes } from "../components/kubernetes/quantity";
import type { PodStatus, RingStatus } from "./ringStatus";
import { describeAge, table } from "./table";

/** Days before a certificate ends from which on it is due. */
const certificateDays = 14;
/** Half of `gc_grace_seconds` at its default of ten days. A repair that begins now must end before deleted rows can come back. */
const unrepairedDays = 5;

/** @param now the present time */
export function pageOf(status: RingStatus, now = new Date()): { text: string; problems: string[] } {
  const { ring, pods, repairs, unseen } = status;
  const problems = problemsOf(status, now);
  const serving = pods.filter(({ isReady, isEnding }) => isReady && !isEnding).length;
  const head = `Ring ${ring.name} (${ring.topology}) in namespace ${ring.namespace}: ${serving} of ${wantedOf(status)} members serve`;
  const rows = pods.map((pod) => rowOf(pod, now));
  const lines = [
    [
      "repairs",
      repairs.map(({ keyspace, ended }) => `${keyspace} ${describeAge(ended, now)} ago`).join(", ") || "none on record",
    ],
    ...unrepairedOf(status, now),
    ...certificatesOf(pods, now),
    ...unseen.map((what) => ["not seen", what]),
  ];
  const text = [
    head,
    "",
    table(["member", "state", "load", "free", "tokens", "version", "restarts", "age", "node"], rows),
    "",
    table([], lines),
    "",
    problems.length === 0
      ? "All is as the stack says."
      : `Not as it should be:\n${problems.map((line) => `- ${line}`).join("\n")}`,
  ];
  return { text: text.join("\n"), problems };
}

function rowOf(
  { name, member, isReady, isEnding, trouble, disk, version, restarts, created, node }: PodStatus,
  now: Date,
): string[] {
  const state = member ? letters(member) : "-";
  const pod = isEnding ? "ending" : (trouble ?? (isReady ? "" : "not ready"));
  return [
    name,
    [state, pod].filter(Boolean).join(" "),
    member?.load === undefined ? "-" : formatBytes(member.load),
    disk ? `${formatBytes(disk.free)} ${Math.round((100 * disk.free) / disk.size)}%` : "-",
    member ? String(member.tokens) : "-",
    version ?? "-",
    String(restarts),
    describeAge(created, now),
    node ?? "-",
  ];
}

/** As `nodetool status` has it. */
const letters = ({ up, state }: RingMember) => `${up ? "U" : "D"}${state[0].toUpperCase()}`;

/** The member whose ranges have not been repaired on schedule for the longest time. */
function longestUnrepaired({ record, repairInterval }: RingStatus): { pod: string; since: Date } | undefined {
  const known = Object.entries(repairedSince(record)).flatMap(([pod, since]) => (since ? [{ pod, since }] : []));
  if (repairInterval === undefined || known.length < 2) return undefined;
  return known.reduce((first, one) => (one.since < first.since ? one : first));
}

function unrepairedOf(status: RingStatus, now: Date): string[][] {
  const longest = longestUnrepaired(status);
  return longest ? [["unrepaired", `for ${describeAge(longest.since, now)} at the most (${longest.pod})`]] : [];
}

function certificatesOf(pods: PodStatus[], now: Date): string[][] {
  const ends = pods.flatMap(({ certificateEnds }) => certificateEnds ?? []);
  if (ends.length === 0) return [];
  const first = new Date(Math.min(...ends.map(Number)));
  return [["certificate", `ends ${first.toISOString().slice(0, 10)}, ${inDays(first, now)}`]];
}

const daysUntil = (date: Date, now: Date) => Math.floor((date.getTime() - now.getTime()) / 86_400_000);
const inDays = (date: Date, now: Date) => (date < now ? "it has ended" : `in ${daysUntil(date, now)} days`);

/** Members that the stack asks for; of a DaemonSet, as many as nodes are picked. */
function wantedOf({ ring: { controllers }, asked = 0 }: RingStatus): number {
  const counts = controllers.map(({ replicas }) => replicas);
  return counts.some((count) => count === undefined) ? asked : counts.reduce<number>((sum, count) => sum + count!, 0);
}

/** What is not as it should be, a sentence for each. */
export function problemsOf(status: RingStatus, now: Date): string[] {
  return [...ofPods(status, now), ...ofMembers(status), ...ofDebts(status, now), ...ofDrift(status)];
}

function ofPods({ pods }: RingStatus, now: Date): string[] {
  return pods.flatMap(({ name, isReady, isEnding, trouble, disk, certificateEnds }) => [
    ...(isEnding ? [`pod ${name} is being deleted`] : []),
    ...(!isReady && !isEnding ? [`${name} does not serve${trouble ? `: ${trouble}` : ""}`] : []),
    ...(disk && isFilling(disk)
      ? [
          `the disk of ${name} has ${formatBytes(disk.free)} of ${formatBytes(disk.size)} free: let the volumes grow (docs/operations/grow-volumes.md)`,
        ]
      : []),
    ...(certificateEnds && daysUntil(certificateEnds, now) < certificateDays
      ? [
          `the certificate of ${name} ends ${certificateEnds.toISOString().slice(0, 10)}, ${inDays(certificateEnds, now)} (docs/operations/renew-certificates.md)`,
        ]
      : []),
  ]);
}

function ofMembers({ pods, strangers, isListed }: RingStatus): string[] {
  if (!isListed) return ["no member serves, or none could be asked who is in the ring"];
  const versions = [...new Set(pods.flatMap(({ version }) => version ?? []))];
  return [
    ...pods.flatMap(({ name, member, isReady }) =>
      member
        ? member.up && member.state === "normal"
          ? []
          : [`the ring lists ${name} as ${letters(member)}, and not as UN`]
        : isReady
          ? [`the ring does not list ${name}, which is ready`]
          : [],
    ),
    ...strangers.map(
      (member) => `the ring lists ${letters(member)} ${member.address} (host ID ${member.hostId}), which has no pod`,
    ),
    ...(versions.length > 1 ? [`members run different versions: ${versions.join(", ")}`] : []),
  ];
}

function ofDebts(status: RingStatus, now: Date): string[] {
  const { ring, record, asked = 0 } = status;
  const longest = longestUnrepaired(status);
  const change = topologyChangeIn(record);
  const wanted = ring.cleanedFor ?? asked;
  return [
    ...membersAwaitingRepair(record).map((member) => `${member} owes a repair, and may lack data until it has ended`),
    ...(longest && -daysUntil(longest.since, now) > unrepairedDays
      ? [
          `the ranges of ${longest.pod} have not been repaired on schedule for ${describeAge(longest.since, now)}: its log says what its repair waits for (docs/operations/repair.md)`,
        ]
      : []),
    ...(change ? [`${change.pod} holds the topology lock: it ${change.what}`] : []),
    ...(wanted === asked
      ? []
      : [`the older members owe \`nodetool cleanup\`, or members that left their volumes: run \`pulumi up\``]),
  ];
}

function ofDrift(status: RingStatus): string[] {
  const { ring, pods, asked, record } = status;
  const wanted = wantedOf(status);
  const older = ring.revision
    ? pods.filter(({ revision }) => revision !== undefined && revision !== ring.revision)
    : [];
  const gone = Object.entries(record).filter(
    ([name, entry]) => hostIdIn(entry) && !pods.some((pod) => [pod.name, pod.node].includes(name)),
  );
  return [
    ...(asked === undefined || asked === wanted
      ? []
      : [`the controllers ask for ${asked} pods, and the stack for ${wanted}: run \`pulumi up\``]),
    ...(older.length > 0
      ? [
          `${older.map(({ name }) => name).join(", ")}: made from another template than the last update's; run \`pulumi up\``,
        ]
      : []),
    ...gone.map(([name]) => `the ring record lists ${name}, which has no pod`),
    ...pods.flatMap(({ name, node, member }) => {
      const entry = record[name] ?? record[node ?? ""];
      if (!member || hasLeft(entry)) return [];
      return hostIdIn(entry) === member.hostId && addressIn(entry) === member.address
        ? []
        : [`the ring record does not have ${name} as the ring lists it`];
    }),
  ];
}
