/** Entries of a ring record. The pods write them. */
export type RecordEntries = Record<string, string>;

/** Whether an entry says that its member was decommissioned. */
export function hasLeft(entry = ""): boolean {
  return entry.startsWith("left ");
}

/** Whether an entry says that the member of this very pod was decommissioned. An older record, restored by hand, may name another pod. */
export function hasLeftIn(entry: string | undefined, uid: string): boolean {
  return entry === `left ${uid}`;
}

const memberEntry = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) \S+$/;

/** Host ID in the entry of a member; undefined for other entries, such as a note that somebody added by hand. */
export function hostIdIn(entry = ""): string | undefined {
  return memberEntry.exec(entry.trim())?.[1];
}

/** Address by which the ring knows a member, in its entry; undefined for other entries. */
export function addressIn(entry = ""): string | undefined {
  return hostIdIn(entry) === undefined ? undefined : entry.trim().split(" ")[1];
}

/** Keys that are followed by a member: a repair that it owes, and the time since which its ranges count as repaired. */
const [repair, repaired] = ["repair.", "repaired."];

/** Members that owe a repair: they may lack data. */
export function membersAwaitingRepair(record: RecordEntries): string[] {
  return Object.keys(record)
    .filter((key) => key.startsWith(repair) && record[key])
    .map((key) => key.slice(repair.length))
    .sort();
}

/**
 * Changes of the ring record after somebody removed members by hand; null deletes an entry. As after each removal, the members that stay
 * owe a repair: each has streamed from one replica, which may have missed a write that the removed member had acknowledged.
 */
export function entriesAfterRemoval(removed: string[], staying: string[]): Record<string, string | null> {
  const owed = staying.map((pod) => [repair + pod, new Date().toISOString()] as const);
  const gone = removed.flatMap((pod) => ["", repair, repaired].map((prefix) => [prefix + pod, null] as const));
  return Object.fromEntries<string | null>([...owed, ...gone]);
}

/**
 * Change of the ring record by which members end scheduled repairs, and begin none for ten minutes. Nothing has to be undone where an
 * update is cut off. The pods count by their own clocks, and only see that the value is another one.
 * @param moment at which that ends by this machine's clock, for people
 */
export function repairsPausedUntil(moment: Date): Record<string, string> {
  return { repairs: `paused until ${timeEntry(moment)}` };
}

/** Change of the ring record by which no member owes `nodetool cleanup` any more. */
export const cleanedUp: Record<string, null> = { cleanup: null };

/** A time as the pods write it, whole seconds. */
export const timeEntry = (moment: Date): string => moment.toISOString().replace(/\.\d+/, "");

/**
 * Since when the data of each member is the same on all replicas, as its scheduled repairs tell: the beginning of the last one, or the time
 * at which the ring formed. Undefined where the record does not say.
 */
export function repairedSince(record: RecordEntries): Record<string, Date | undefined> {
  const members = Object.keys(record).filter((key) => hostIdIn(record[key]));
  const timeIn = (entry = "") => (Number.isNaN(Date.parse(entry)) ? undefined : new Date(entry));
  return Object.fromEntries(
    members.map((pod) => [pod, timeIn(record[repaired + pod]) ?? timeIn(record.formed)] as const),
  );
}

/** Holder of the topology lock and its change: `cassandra-3 joins`; undefined if nobody holds the lock. */
export function topologyChangeIn(record: RecordEntries): { pod: string; what: string } | undefined {
  const [pod, ...what] = (record.moving ?? "").split(" ");
  return what.length === 0 ? undefined : { pod, what: what.join(" ") };
}

/** Whether the first ring has not begun to form: no member and no data exist. */
export function isUnformed(record: RecordEntries): boolean {
  return !record.formed && !record.forming && !Object.values(record).some((entry) => hostIdIn(entry) || hasLeft(entry));
}
