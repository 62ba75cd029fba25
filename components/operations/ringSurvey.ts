import { RingMember } from "../cassandra/nodetool";
import { addressIn, hasLeft, hostIdIn, RecordEntries } from "../cassandra/record";

/** A pod of a ring's sets. */
export interface ObservedPod {
  name: string;
  /** Its own name, where the one above is that of its node. @default the same */
  pod?: string;
  uid: string;
  /** Its place among the pods, counted over the sets in turn. */
  ringOrdinal: number;
  address?: string;
  /** Whether its container runs. */
  running: boolean;
  /** Whether it serves CQL. */
  ready: boolean;
  /** Whether it is being deleted. */
  ending: boolean;
  /** Why its container does not run, in Kubernetes' word: `ImagePullBackOff`. */
  trouble?: string;
  /** Whether it writes its part of the record itself, and empties the disk of a member that has left. */
  keepsRecord: boolean;
}

/** What can be seen of a ring at little cost. */
export interface Survey {
  namespace: string;
  /** Pods that the live sets ask for; undefined when there is none of them. */
  asked?: number;
  /** Names of the pods that there are to be, in order of their places. */
  expected: string[];
  pods: ObservedPod[];
  record: RecordEntries;
  /** Members that a serving one lists; undefined where none serves, or where pods are simulated and there is none to ask. */
  listed?: RingMember[];
  /** Whether nobody was asked, as by an account that may not run commands in pods. @default false */
  isBlind?: boolean;
  /**
   * Members on record, and the one whose turn it is, that have no pod, with their places; where the ring lists a member that nobody stands
   * for, also pods of which there is a volume alone. @default none
   */
  missing?: { name: string; ringOrdinal: number }[];
  /**
   * What comes of a member whose pod is gone, where pods have no ordinal: it is taken out of the ring by the others, or by hand, since
   * its folder is on a node still. @default a pod of its name comes back
   */
  lostMember?: "removedByRing" | "removedByHand";
}

/**
 * Members that the record does not know; none while a pod starts that may be one of them under another address. One that joins is no member
 * yet.
 */
export function unknownMembersIn({
  listed = [],
  record,
  pods,
}: Pick<Survey, "listed" | "record" | "pods">): RingMember[] {
  const isUnknown = ({ hostId }: RingMember) => !Object.values(record).some((entry) => hostIdIn(entry) === hostId);
  const unknownMembers = listed.filter(
    (member) =>
      member.state !== "joining" && isUnknown(member) && !pods.some(({ address }) => address === member.address),
  );
  const isClear = ({ name, address }: ObservedPod) => memberOf(listed, record[name], address) ?? hasLeft(record[name]);
  return pods.every(isClear) ? unknownMembers : [];
}

/**
 * Pod of a member that waits, since it has an address by which the ring knows another one; none of a ring whose rows go with their pods.
 * @param pods among which it is looked for
 */
export function podAtForeignAddress({ record, lostMember }: Survey, pods: ObservedPod[]): ObservedPod | undefined {
  if (lostMember === "removedByRing") return undefined;
  const isAtAnothers = ({ name, address }: ObservedPod) =>
    address !== undefined &&
    Object.entries(record).some(([other, entry]) => other !== name && addressIn(entry) === address);
  // One that is on record at its address has started there, and is slow.
  const waits = ({ name, address, running, ready, ending }: ObservedPod) =>
    running && !ready && !ending && hostIdIn(record[name]) && addressIn(record[name]) !== address;
  return pods.filter((pod) => waits(pod) && isAtAnothers(pod)).at(-1);
}

/** By the host ID on record, which stays when the address changes; else by the address. */
export function memberOf(listed: RingMember[], entry: string | undefined, address?: string): RingMember | undefined {
  const id = hostIdIn(entry);
  return listed.find(({ hostId }) => hostId === id) ?? listed.find((one) => one.address === address);
}

/** Whether there is a member to ask who is in the ring. Simulated pods, of which none is on record, have nothing to run. */
export function hasMembers(record: RecordEntries, pods: Pick<ObservedPod, "name">[]): boolean {
  return pods.some(({ name }) => hostIdIn(record[name]) ?? hasLeft(record[name]));
}
