/** Rings as a decommission sees them. */
import type { Member, RingView } from "../../../../components/operations/ringView";

/** A member on a disk with room, which is up and NORMAL. @param change what is different */
export const member = (ringOrdinal: number, change: Partial<Member> = {}): Member => ({
  pod: `cassandra-${ringOrdinal}`,
  claim: `data-cassandra-${ringOrdinal}`,
  ringOrdinal,
  up: true,
  state: "normal",
  load: 2 ** 30,
  free: 100 * 2 ** 30,
  ...change,
});

/** A keyspace of the user with so many copies in the data centre. */
export const keyspace = (name: string, copies: number) => ({
  name,
  replication: "NetworkTopologyStrategy",
  copies: { dc1: copies },
});

/** A keyspace of Cassandra's own, which is in every ring. */
const own = { name: "system_distributed", replication: "SimpleStrategy", copies: { replication_factor: 3 } };

/** A ring of these members in which nothing else goes on. */
export const ring = (members: Member[], ...keyspaces: RingView["keyspaces"]): RingView => ({
  namespace: "db",
  members,
  unknownMembers: [],
  unlisted: [],
  membersAwaitingRepair: [],
  keyspaces: [own, ...keyspaces],
  datacenter: "dc1",
});

/** A pod that the ring record lists as a member, and the ring does not. */
export const unlisted = (ringOrdinal: number, ready = false) => ({
  pod: `cassandra-${ringOrdinal}`,
  ringOrdinal,
  ready,
});

/** Five such members. */
export const five = [0, 1, 2, 3, 4].map((ringOrdinal) => member(ringOrdinal));
