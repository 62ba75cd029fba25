import type { Keyspace } from "../cassandra/nodetool";
import { formatBytes } from "../kubernetes/quantity";
import type { Member, RingView } from "./ringView";

/** The next step of a decommission. */
export type Step =
  /** The member to decommission next, or whose decommission an interrupted update has started. */
  | { decommission: string }
  /** Members whose pods must be recreated first, to stream their data, and the number of pods then. */
  | { recreatePods: string[]; pods: number }
  /**
   * What must end first, and ends by itself; the pod that joins meanwhile; and the time-out, unless data streams. Of pods that are
   * `removed`, the wait shows that somebody removed them from the ring by hand: the ring record then follows the ring.
   */
  | { waitFor: string[]; joins?: string; minutes?: number; removed?: string[] }
  /** Why no member may leave, and what is allowed. */
  | { refuse: string[] }
  | "done";

/**
 * Cassandra's own keyspaces do not prevent a decommission. Their replication factor may be above the members of a small ring, they hold
 * no data of users, and they have as many replicas as the ring allows.
 */
const isOwn = ({ name }: Keyspace) => name === "system" || name.startsWith("system_");

/** Members to decommission for a ring of `wanted` pods, the last one first, as Kubernetes removes pods. */
export function leaving({ members }: RingView, wanted: number): Member[] {
  return members.filter(({ ringOrdinal }) => ringOrdinal >= wanted).sort((a, b) => b.ringOrdinal - a.ringOrdinal);
}

function copiesOf({ replication, copies }: Keyspace, datacenter: string): number {
  return (replication === "NetworkTopologyStrategy" ? copies[datacenter] : copies.replication_factor) ?? 0;
}

/** Why a ring of that many members is not allowed, whatever the state of the ring. */
export function violations({ keyspaces, datacenter }: RingView, wanted: number): string[] {
  return keyspaces
    .filter((keyspace) => !isOwn(keyspace) && copiesOf(keyspace, datacenter) > wanted)
    .map((keyspace) => {
      const copies = copiesOf(keyspace, datacenter);
      return (
        `keyspace ${keyspace.name} has replication factor ${copies}, which needs at least ${copies} members, not ${wanted}; ` +
        `allowed is ${copies} or more, or a lower replication factor first: \`nodetool repair --full ${keyspace.name}\` on every member, ` +
        `one after another, since the remaining replicas may lack rows; then ALTER KEYSPACE ${keyspace.name} WITH replication = ...`
      );
    });
}

/** What prevents a decommission now, and ends by itself. */
export function passing(ring: RingView, wanted: number): string[] {
  const going = leaving(ring, wanted);
  const owed = ring.membersAwaitingRepair.map(
    (pod) =>
      `${pod} is being repaired (\`kubectl logs -n ${ring.namespace} ${pod}\`): a member that leaves may have the only ` +
      "replica of data that the repair needs",
  );
  const changing = ring.members
    .filter((member) => member.state !== "normal" && !(member.state === "leaving" && going.includes(member)))
    .map(({ pod, state }) => `${pod} is ${state}: one member joins or leaves at a time`);
  const repairing = ring.members
    .filter(({ repairs }) => repairs)
    .map(({ pod }) => `${pod} takes part in a repair, which compares data that would be streamed`);
  const soon = passingSoon(ring);
  const next = nextOf(going);
  // A decommission in progress goes on: pods that are to join, or hold the topology lock, may be waiting for its end.
  if (next?.state === "leaving") return [...owed, ...changing, ...repairing, ...soon];
  // For example after a decommission by hand: if others left as well, there could be fewer members than the replication factor.
  const missing = wanted - (ring.members.length - going.length);
  const absent = missing > 0 ? [`${missing} of the ${wanted} members that are to stay are not in the ring yet`] : [];
  const { topologyChange } = ring;
  const isInProgress = ring.members.some(({ pod, state }) => pod === topologyChange?.pod && state !== "normal");
  const locked =
    topologyChange && topologyChange.pod !== next?.pod && !isInProgress
      ? [`${topologyChange.pod} holds the topology lock (${topologyChange.what}): one member joins or leaves at a time`]
      : [];
  return [...owed, ...changing, ...locked, ...repairing, ...soon, ...absent];
}

/**
 * The ring stops listing a member that has left, by hand for example, up to half a minute before its pod updates the ring record. For a
 * member that was removed, no pod updates the ring record.
 */
const unlistedIn = (ring: RingView) =>
  ring.unlisted
    .filter(({ pod }) => !isMissing(ring, pod))
    .map(
      ({ pod }) =>
        `the ring record lists ${pod} as a member, and the ring does not: \`kubectl logs -n ${ring.namespace} ${pod}\` may tell why`,
    );

/** Members that are down, and whose pods start. */
const returningIn = ({ members }: RingView) =>
  members
    .filter(({ returns }) => returns)
    .map(({ pod }) => `${pod} is down, and its pod starts: it must serve again first`);

const failedJoinsIn = ({ failedJoins = [] }: RingView) =>
  failedJoins.map(
    (address) => `the node at ${address} began to join and is gone; the ring forgets it within a minute or two`,
  );

/** Unknown members that may belong to a pod that starts: it joined, ended before the ring record listed it, and has a new address now. */
const unclearIn = ({ namespace, unknownMembers, starting = [] }: RingView) =>
  starting.length === 0
    ? []
    : unknownMembers.map(
        (address) =>
          `a member at ${address} belongs to no pod yet, and may be ${starting.join(" or ")}, which starts ` +
          `(\`kubectl logs -n ${namespace} ${starting[0]}\`); ` +
          "if it is none of these and gone for good, remove it with `nodetool removenode`",
      );

const passingSoon = (ring: RingView) => [
  ...unlistedIn(ring),
  ...returningIn(ring),
  ...failedJoinsIn(ring),
  ...unclearIn(ring),
];

/** Minutes within which a pod records that its member has left, and the ring forgets a pod that began to join. */
const minutesToNote = 3;

/** Minutes within which a member comes back: Kubernetes waits five minutes at most before it restarts a container. */
export const minutesToReturn = 8;

/** What prevents a decommission now, until a person solves it. */
export function obstacles(ring: RingView, wanted: number): string[] {
  const going = leaving(ring, wanted);
  const staying = ring.members.filter((member) => !going.includes(member));
  const down = ring.members
    .filter(({ up, pod, returns }) => !up && !returns && !isMissing(ring, pod))
    .map(({ pod, claim }) => {
      const back = `${pod} is down: bring it back first, since a decommission must read its data`;
      // Its disk may hold the only replica of data that the member with the repair lacks.
      const [other] = ring.membersAwaitingRepair.filter((owed) => owed !== pod);
      if (other) return `${back}; keep its disk, which ${other} needs for its repair`;
      const silent = ring.members.filter((member) => !member.up && member.pod !== pod).map((member) => member.pod);
      if (silent.length > 0)
        return `${back}; keep its disk as long as ${silent.join(" and ")} does not serve: it may hold the only replica of some rows`;
      return (
        `${back}; if its disk or its node is gone for good, ` +
        `\`kubectl delete -n ${ring.namespace} pvc/${claim} pod/${pod}\` lets the next pod take its place`
      );
    });
  const unknownMembers = (unclearIn(ring).length > 0 ? [] : ring.unknownMembers).map(
    (address) =>
      `a member at ${address} belongs to no pod of the StatefulSet: if it is gone for good, remove it with \`nodetool removenode\``,
  );
  const load = going.reduce((sum, member) => sum + (member.load ?? 0), 0);
  const share = Math.ceil(load / Math.max(1, staying.length));
  // Compaction writes received data once more before it deletes the first files.
  const full = staying
    .filter(({ free }) => free !== undefined && free < 2 * share)
    .map(
      ({ pod, free }) =>
        `${pod} has ${formatBytes(free!)} free on its disk, and needs ${formatBytes(2 * share)} ` +
        `to receive about ${formatBytes(share)}`,
    );
  return [...down, ...unknownMembers, ...full];
}

const isMissing = ({ missing = [] }: RingView, pod: string) => missing.some((one) => one.pod === pod);

/** Decides by the present state of the ring alone: an interrupted decommission goes on where it stopped. */
export function nextStep(ring: RingView, wanted: number): Step {
  const going = leaving(ring, wanted);
  // An unknown member might belong to a pod that is to leave.
  const { unknownMembers, failedJoins = [], unlisted } = ring;
  if (going.length + unknownMembers.length + failedJoins.length + unlisted.length === 0) return "done";
  const wrong = violations(ring, wanted);
  if (wrong.length > 0) return { refuse: wrong };
  const { missing = [] } = ring;
  if (missing.length > 0) {
    const pods = Math.max(wanted, ...[...ring.members, ...missing].map(({ ringOrdinal }) => ringOrdinal + 1));
    return { recreatePods: missing.map(({ pod }) => pod), pods };
  }
  const against = obstacles(ring, wanted);
  if (against.length > 0) return { refuse: against };
  const waitFor = passing(ring, wanted);
  const isLong = waitFor.length > passingSoon(ring).length;
  if (waitFor.length > 0 && !isLong) {
    const removed = unlisted.filter(({ ringOrdinal, ready }) => ringOrdinal >= wanted && !ready).map(({ pod }) => pod);
    return {
      waitFor,
      minutes: returningIn(ring).length + unclearIn(ring).length > 0 ? minutesToReturn : minutesToNote,
      ...(removed.length === waitFor.length && { removed }),
    };
  }
  if (waitFor.length > 0) return { waitFor, joins: ring.members.find(({ state }) => state === "joining")?.pod };
  return { decommission: nextOf(going)!.pod };
}

/** The member whose decommission is in progress; else the last one. */
const nextOf = (going: Member[]): Member | undefined => going.find(({ state }) => state === "leaving") ?? going[0];

/** The edit in a sentence, for the preview. */
export function describeDecommission(ring: RingView, was: number, wanted: number): string {
  const going = leaving(ring, wanted);
  const load = going.reduce((sum, member) => sum + (member.load ?? 0), 0);
  const own = ring.keyspaces.filter((keyspace) => !isOwn(keyspace) && copiesOf(keyspace, ring.datacenter) > 0);
  const kept = own.map((keyspace) => `${keyspace.name}: ${copiesOf(keyspace, ring.datacenter)}`).join(", ");
  const moved =
    going.length === 0
      ? "none of the pods to remove is a member of the ring"
      : `${going.map(({ pod }) => pod).join(" and ")} will be decommissioned, about ${formatBytes(load)} to stream`;
  return `replicas ${was} -> ${wanted}: ${moved}${kept && `; replication factors stay (${kept})`}`;
}
