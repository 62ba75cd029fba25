import { RingMember } from "../cassandra/nodetool";
import { addressIn, hasLeft, hostIdIn, RecordEntries } from "../cassandra/record";

/** A pod of a ring. */
export interface ObservedPod {
  name: string;
  /** Name of the pod, if `name` is the name of its node. @default the same */
  pod?: string;
  uid: string;
  /** Its place among the pods of the ring, round robin over the StatefulSets. */
  ringOrdinal: number;
  address?: string;
  /** Whether its container runs. */
  running: boolean;
  /** Whether it serves CQL. */
  ready: boolean;
  /** Whether it is being deleted. */
  ending: boolean;
  /** Kubernetes' reason why its container does not run: `ImagePullBackOff`. */
  trouble?: string;
  /** Why it can never run as it is, in a sentence with what to do. @default it may run yet */
  lastingCause?: string;
  /** Whether it writes its part of the ring record itself, and empties the disk of a member that has left. */
  keepsRecord: boolean;
}

/** Name of a pod, whether the survey knows it by its own name or by that of its node. */
export const podNameOf = ({ pod, name }: Pick<ObservedPod, "name" | "pod">) => pod ?? name;

/** What a survey finds of a ring, at little cost. */
export interface Survey {
  namespace: string;
  /** Pods that the live controllers ask for; undefined if no controller exists. */
  asked?: number;
  /** Controllers of the ring that do not exist, as `StatefulSet cassandra`. @default none */
  absent?: string[];
  /** Whether the StatefulSets of racks ask for different numbers of pods, as after somebody scaled one by hand. @default false */
  isUneven?: boolean;
  /** Names of the pods that the stack asks for, in order. */
  expected: string[];
  pods: ObservedPod[];
  record: RecordEntries;
  /** Members that a serving member lists; undefined if no member serves, or if the pods are simulated. */
  listed?: RingMember[];
  /** Whether no member was asked, such as by an account that may not run commands in pods. @default false */
  isBlind?: boolean;
  /**
   * Members of the ring record, and the holder of the topology lock, that have no pod. If the ring lists a member that belongs to no pod,
   * also pods of which only the volume exists. @default none
   */
  missing?: { name: string; ringOrdinal: number }[];
  /**
   * What becomes of a member whose pod is gone, if pods have no ordinal: the ring removes the member, or a person does, since the folder
   * is still on its node. @default a pod of its name comes back
   */
  lostMember?: "removedByRing" | "removedByHand";
}

/**
 * Members that the ring record does not list; none while a pod starts that may be such a member at another address. A pod that joins is
 * no member yet.
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
 * Pod that waits, since the ring knows another member by its address; none in a ring whose data is deleted with its pods.
 * @param pods the pods to search
 */
export function podAtForeignAddress({ record, lostMember }: Survey, pods: ObservedPod[]): ObservedPod | undefined {
  if (lostMember === "removedByRing") return undefined;
  const isAtAnothers = ({ name, address }: ObservedPod) =>
    address !== undefined &&
    Object.entries(record).some(([other, entry]) => other !== name && addressIn(entry) === address);
  // A pod whose present address is in the ring record has started there, and is slow.
  const waits = ({ name, address, running, ready, ending }: ObservedPod) =>
    running && !ready && !ending && hostIdIn(record[name]) && addressIn(record[name]) !== address;
  return pods.filter((pod) => waits(pod) && isAtAnothers(pod)).at(-1);
}

/** The member of a pod: by the host ID in the ring record, which stays when the address changes; else by the address. */
export function memberOf(listed: RingMember[], entry: string | undefined, address?: string): RingMember | undefined {
  const id = hostIdIn(entry);
  return listed.find(({ hostId }) => hostId === id) ?? listed.find((one) => one.address === address);
}

/** Whether a member can be asked who is in the ring. Simulated pods, which are in no ring record, run no commands. */
export function hasMembers(record: RecordEntries, pods: Pick<ObservedPod, "name">[]): boolean {
  return pods.some(({ name }) => hostIdIn(record[name]) ?? hasLeft(record[name]));
}
