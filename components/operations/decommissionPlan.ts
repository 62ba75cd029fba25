import { Keyspace, RingMember, units } from "../cassandra/nodetool";

/** A pod of a ring's sets that is a member of it. */
export interface Member extends Pick<RingMember, "up" | "state" | "load"> {
  pod: string;
  /** Name of its volume's claim. */
  claim: string;
  /** Its place among the pods, counted over the sets in turn. */
  ringOrdinal: number;
  /** Bytes that its disk has left; undefined when it could not be checked. */
  free?: number;
  /** Whether it takes part in a repair. */
  repairs?: boolean;
  /** Whether it is down and its pod is starting, or about to: it comes back by itself. */
  returns?: boolean;
}

/** What must be known of a ring to make it smaller. */
export interface RingView {
  namespace: string;
  members: Member[];
  /** Members that no pod of the sets stands for, by their addresses. */
  unknownMembers: string[];
  /** Those of pods that began to join and are gone: they are no members, and the ring forgets them. @default none */
  failedJoins?: string[];
  /** Pods that are there, and of which the ring lists nobody: a stranger may be one of them, under the address that it had before. @default none */
  starting?: string[];
  /** Pods that are members on record, and that the ring does not list. */
  unlisted: string[];
  /**
   * Members on record that have no pod, as where somebody has made the set smaller by hand; where there are strangers, also pods of which
   * there is a volume alone. @default none
   */
  missing?: Pick<Member, "pod" | "ringOrdinal">[];
  /** Pods whose members owe a repair: they may lack data. */
  membersAwaitingRepair: string[];
  /** Pod whose turn it is to move data, by the record: its Cassandra may still start. @default none that is there */
  topologyChange?: { pod: string; what: string };
  keyspaces: Keyspace[];
  /** The data centre that its members are in. */
  datacenter: string;
}

/** What comes next on the way to a smaller ring. */
export type Step =
  /** The member that moves its rows next, or does so already, as when an earlier update was cut off. */
  | { decommission: string }
  /** Members whose pods come back first, to hand their rows over, and the number of pods that there are then. */
  | { recreatePods: string[]; pods: number }
  /** What comes to its end by itself, before any may; the pod that joins meanwhile; and for how long, where not for as long as rows move. */
  | { waitFor: string[]; joins?: string; minutes?: number }
  /** Why none may, and what is allowed. */
  | { refuse: string[] }
  | "done";

/**
 * Keyspaces of Cassandra's own do not stand in the way: they want more copies than a small ring has members, hold no rows of
 * users, and are as safe as the ring is large.
 */
const isOwn = ({ name }: Keyspace) => name === "system" || name.startsWith("system_");

/** Members that go when the sets have `wanted` pods, the last place first, as Kubernetes removes them. */
export function leaving({ members }: RingView, wanted: number): Member[] {
  return members.filter(({ ringOrdinal }) => ringOrdinal >= wanted).sort((a, b) => b.ringOrdinal - a.ringOrdinal);
}

function copiesOf({ replication, copies }: Keyspace, datacenter: string): number {
  return (replication === "NetworkTopologyStrategy" ? copies[datacenter] : copies.replication_factor) ?? 0;
}

/** Why a ring of that many members is not allowed at all, whatever its state. */
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

/** What stands in the way now, and comes to its end by itself. */
export function passing(ring: RingView, wanted: number): string[] {
  const going = leaving(ring, wanted);
  const owed = ring.membersAwaitingRepair.map(
    (pod) =>
      `${pod} is being repaired (\`kubectl logs -n ${ring.namespace} ${pod}\`): a member that leaves may have the only ` +
      "copy of rows that it lacks",
  );
  const changing = ring.members
    .filter((member) => member.state !== "normal" && !(member.state === "leaving" && going.includes(member)))
    .map(({ pod, state }) => `${pod} is ${state}: one member joins or leaves at a time`);
  const repairing = ring.members
    .filter(({ repairs }) => repairs)
    .map(({ pod }) => `${pod} takes part in a repair, which compares what is about to move`);
  const soon = passingSoon(ring);
  const next = nextOf(going);
  // One that leaves already goes on: whoever is to come, or has the turn, may be waiting for that.
  if (next?.state === "leaving") return [...owed, ...changing, ...repairing, ...soon];
  // One that has left by hand, say: with others leaving as well, rows would have fewer members than copies.
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

/** Whoever has left, by hand say, is no longer listed for half a minute before its pod can note it. Of one that was removed, nobody does. */
const unlistedIn = (ring: RingView) =>
  ring.unlisted
    .filter((pod) => !isMissing(ring, pod))
    .map(
      (pod) =>
        `${pod} is a member on record, and the ring does not list it: \`kubectl logs -n ${ring.namespace} ${pod}\` may tell why`,
    );

/** Members that are down, and whose pods are about to have them back. */
const returningIn = ({ members }: RingView) =>
  members
    .filter(({ returns }) => returns)
    .map(({ pod }) => `${pod} is down, and its pod starts: it must serve again first`);

const failedJoinsIn = ({ failedJoins = [] }: RingView) =>
  failedJoins.map(
    (address) => `the node at ${address} began to join and is gone; the ring forgets it within a minute or two`,
  );

/** Members that a pod which starts may stand for: one that joined and ended before it was on record has come back under another address. */
const unclearIn = ({ namespace, unknownMembers, starting = [] }: RingView) =>
  starting.length === 0
    ? []
    : unknownMembers.map(
        (address) =>
          `a member at ${address} belongs to no pod yet, and may be ${starting.join(" or ")}, which starts (\`kubectl logs -n ${namespace} ${starting[0]}\`); ` +
          "if it is none of these and gone for good, `nodetool removenode` takes it out",
      );

const passingSoon = (ring: RingView) => [
  ...unlistedIn(ring),
  ...returningIn(ring),
  ...failedJoinsIn(ring),
  ...unclearIn(ring),
];

/** For which a pod may take to note that its member has left, and the ring to forget who never became one. */
const minutesToNote = 3;

/** For which a pod may take to have its member back: Kubernetes waits for five minutes at most before it starts a container again. */
const minutesToReturn = 8;

/** What stands in the way now until somebody does something about it. */
export function obstacles(ring: RingView, wanted: number): string[] {
  const going = leaving(ring, wanted);
  const staying = ring.members.filter((member) => !going.includes(member));
  const down = ring.members
    .filter(({ up, pod, returns }) => !up && !returns && !isMissing(ring, pod))
    .map(({ pod, claim }) => {
      const back = `${pod} is down: bring it back first, for its data must be read to be moved`;
      // Its disk may hold the only copy of what the one that is not whole has not received.
      const [other] = ring.membersAwaitingRepair.filter((owed) => owed !== pod);
      if (other) return `${back}; keep its disk, which ${other} needs for its repair`;
      return (
        `${back}; if its disk or its node is gone for good, ` +
        `\`kubectl delete -n ${ring.namespace} pvc/${claim} pod/${pod}\` has another pod take its place`
      );
    });
  const unknownMembers = (unclearIn(ring).length > 0 ? [] : ring.unknownMembers).map(
    (address) =>
      `a member at ${address} belongs to no pod of the StatefulSet: if it is gone for good, remove it with \`nodetool removenode\``,
  );
  const load = going.reduce((sum, member) => sum + (member.load ?? 0), 0);
  const share = Math.ceil(load / Math.max(1, staying.length));
  // Compaction writes what it has received once more before it drops the first copy.
  const crowded = staying
    .filter(({ free }) => free !== undefined && free < 2 * share)
    .map(
      ({ pod, free }) =>
        `${pod} has ${size(free!)} left on its disk, and ${size(2 * share)} are needed to receive about ${size(share)}`,
    );
  return [...down, ...unknownMembers, ...crowded];
}

const isMissing = ({ missing = [] }: RingView, pod: string) => missing.some((one) => one.pod === pod);

/** Decides on what the ring is now, and on nothing remembered: what was cut off goes on from where it stopped. */
export function nextStep(ring: RingView, wanted: number): Step {
  const going = leaving(ring, wanted);
  // Who is a member and has no known pod might be of one that goes.
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
  if (waitFor.length > 0 && !isLong)
    return {
      waitFor,
      minutes: returningIn(ring).length + unclearIn(ring).length > 0 ? minutesToReturn : minutesToNote,
    };
  if (waitFor.length > 0) return { waitFor, joins: ring.members.find(({ state }) => state === "joining")?.pod };
  return { decommission: nextOf(going)!.pod };
}

/** One that leaves already goes on; else the last one. */
const nextOf = (going: Member[]): Member | undefined => going.find(({ state }) => state === "leaving") ?? going[0];

/** The edit in a sentence, for whoever reads the preview. */
export function describeDecommission(ring: RingView, was: number, wanted: number): string {
  const going = leaving(ring, wanted);
  const load = going.reduce((sum, member) => sum + (member.load ?? 0), 0);
  const own = ring.keyspaces.filter((keyspace) => !isOwn(keyspace) && copiesOf(keyspace, ring.datacenter) > 0);
  const kept = own.map((keyspace) => `${keyspace.name}: ${copiesOf(keyspace, ring.datacenter)}`).join(", ");
  const moved =
    going.length === 0
      ? "none of the pods that go is a member of the ring"
      : `${going.map(({ pod }) => pod).join(" and ")} will be decommissioned, about ${size(load)} to move`;
  return `replicas ${was} -> ${wanted}: ${moved}${kept && `; replication factors stay (${kept})`}`;
}

/** Bytes in the largest unit that they fill. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
