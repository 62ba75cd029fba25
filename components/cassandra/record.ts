/** What the entries of a ring record tell. The pods write them. */
export type RecordEntries = Record<string, string>;

/** Whether an entry is that of a member that moved its rows to the others and left. */
export function hasLeft(entry = ""): boolean {
  return entry.startsWith("left ");
}

/** Host ID in the entry of a member; undefined in all others. */
export function hostIdIn(entry = ""): string | undefined {
  return / /.test(entry) && !hasLeft(entry) ? entry.split(" ")[0] : undefined;
}

/** Address in the entry of a member, under which the ring knows it; undefined in all others. */
export function addressIn(entry = ""): string | undefined {
  return hostIdIn(entry) === undefined ? undefined : entry.split(" ")[1];
}

const repair = "repair.";

/** Members that owe a repair: they may lack data. */
export function membersAwaitingRepair(record: RecordEntries): string[] {
  return Object.keys(record)
    .filter((key) => key.startsWith(repair) && record[key])
    .map((key) => key.slice(repair.length))
    .sort();
}

/** Whose turn it is to move data: `cassandra-3 joins`; undefined when it is nobody's. */
export function topologyChangeIn(record: RecordEntries): { pod: string; what: string } | undefined {
  const [pod, ...what] = (record.moving ?? "").split(" ");
  return what.length === 0 ? undefined : { pod, what: what.join(" ") };
}

/** Whether nothing tells that the first ring has begun to form: there is no member, and no row. */
export function isUnformed(record: RecordEntries): boolean {
  return !record.formed && !record.forming && !Object.values(record).some((entry) => hostIdIn(entry) || hasLeft(entry));
}
