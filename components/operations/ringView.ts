import type { Keyspace, RingMember } from "../cassandra/nodetool";

/** A member of a ring, with its pod. */
export interface Member extends Pick<RingMember, "up" | "state" | "load"> {
  pod: string;
  /** Name of its PersistentVolumeClaim. */
  claim: string;
  /** Its place among the pods of the ring, round robin over the StatefulSets. */
  ringOrdinal: number;
  /** Free bytes on its disk; undefined if they could not be read. */
  free?: number;
  /** Whether it takes part in a repair. */
  repairs?: boolean;
  /** Whether it is down and its pod starts, or is about to: it comes back by itself. */
  returns?: boolean;
  /** Whether its pod repairs it when it owes that, unlike one of the tutorials' template. @default true */
  repairsItself?: boolean;
}

/** What a decommission must know of a ring. */
export interface RingView {
  namespace: string;
  members: Member[];
  /** Addresses of members that belong to no pod of the StatefulSets. */
  unknownMembers: string[];
  /** Addresses of pods that began to join and are gone. They are no members, and the ring forgets them. @default none */
  failedJoins?: string[];
  /** Pods that exist and that the ring does not list: an unknown member may be one of them, at its previous address. @default none */
  starting?: string[];
  /** Pods that the ring record lists as members, and the ring does not. */
  unlisted: UnlistedPod[];
  /**
   * Members of the ring record that have no pod, such as after somebody scaled the StatefulSet down by hand. If there are unknown
   * members, also pods of which only the volume exists. @default none
   */
  missing?: Pick<Member, "pod" | "ringOrdinal">[];
  /** Pods whose members owe a repair: they may lack data. */
  membersAwaitingRepair: string[];
  /** Pod that holds the topology lock, and its change. Its Cassandra may still start. @default no existing pod holds the lock */
  topologyChange?: { pod: string; what: string };
  keyspaces: Keyspace[];
  /** The data centre that its members are in. */
  datacenter: string;
}

export interface UnlistedPod extends Pick<Member, "pod" | "ringOrdinal"> {
  /** Whether it serves CQL. */
  ready: boolean;
}
