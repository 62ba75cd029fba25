/** What `nodetool` says, as values. Its words are those of Cassandra 4.0 and later. */

/** A member as the ring itself has it. */
export interface RingMember {
  hostId: string;
  address: string;
  datacenter: string;
  rack: string;
  /** Number of its tokens. */
  tokens: number;
  up: boolean;
  state: "normal" | "leaving" | "joining" | "moving";
  /** Bytes of rows on its disk; undefined while nobody has told. */
  load?: number;
}

/** How a keyspace keeps its rows. */
export interface Keyspace {
  name: string;
  /** Class of its replication: `SimpleStrategy`, `NetworkTopologyStrategy`, `LocalStrategy`. */
  replication: string;
  /** Copies of each row in each data centre; under `replication_factor` where the class counts them over all. */
  copies: Record<string, number>;
}

/** How far the streams of a member are. */
export interface Streams {
  /** `NORMAL`, `LEAVING`, `JOINING`, `DECOMMISSIONED` and so on. */
  mode: string;
  /** Bytes that are to be sent in the streams that run now. */
  total: number;
  /** Bytes of them that have been sent. Of a file that goes as a whole they are counted once it has gone. */
  sent: number;
  /** The same of what it receives. */
  toReceive: number;
  received: number;
}

const states = { N: "normal", L: "leaving", J: "joining", M: "moving" } as const;
/** Units of bytes, each 1024 of the one before it. */
export const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];

function bytes(number: string, unit: string): number {
  return Math.round(Number(number) * 1024 ** units.indexOf(unit));
}

const memberLine =
  /^([UD])([NLJM]) +(\S+) +(?:([\d.]+) (bytes|KiB|MiB|GiB|TiB)|\?) +(\d+) .*?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) +(.*)/;

/** Members that `nodetool status` lists. @throws when it lists none: then it is no answer */
export function parseStatus(said: string): RingMember[] {
  let datacenter = "";
  const members: RingMember[] = [];
  for (const line of said.split("\n")) {
    datacenter = /^Datacenter: (.*)/.exec(line)?.[1].trim() ?? datacenter;
    const [, up, letter, address, number, unit, tokens, hostId, rack] = memberLine.exec(line) ?? [];
    if (!hostId) continue;
    const state = states[letter as keyof typeof states];
    const load = number === undefined ? {} : { load: bytes(number, unit) };
    const place = { datacenter, rack: rack.trim() };
    members.push({ hostId, address, ...place, tokens: Number(tokens), up: up === "U", state, ...load });
  }
  if (members.length === 0) throw new Error(`nodetool status lists no member:\n${said}`);
  return members;
}

/** Name that `nodetool describecluster` tells. @throws when it tells none */
export function parseClusterName(said: string): string {
  const name = /^\s*Name: (.*)$/m.exec(said)?.[1].trim();
  if (!name) throw new Error(`nodetool describecluster tells no name:\n${said}`);
  return name;
}

/** Version that `nodetool version` tells. @throws when it tells none */
export function parseVersion(said: string): { major: number; minor: number } {
  const [, major, minor] = /^ReleaseVersion: (\d+)\.(\d+)/m.exec(said) ?? [];
  if (major === undefined) throw new Error(`nodetool version tells none:\n${said}`);
  return { major: Number(major), minor: Number(minor) };
}

/** Pools that work for a repair: at the member that was told to, and at those that it asks. */
const repairPool = /^(?:Repair\S*|AntiEntropyStage|ValidationExecutor) +(\d+) +(\d+) /gm;

/** Whether `nodetool tpstats` tells of a repair in progress. */
export function parseRepair(said: string): boolean {
  return [...said.matchAll(repairPool)].some(([, active, pending]) => Number(active) + Number(pending) > 0);
}

/** Keyspaces that `nodetool describecluster` lists. @throws when it lists none */
export function parseKeyspaces(said: string): Keyspace[] {
  const line = /^\s+(\w+) -> Replication class: (\w+) \{(.*)\}$/gm;
  const keyspaces = [...said.matchAll(line)].map(([, name, replication, options]) => ({
    name,
    replication,
    copies: Object.fromEntries(
      options
        .split(", ")
        .filter(Boolean)
        .map((option) => option.split("="))
        // Transient copies, `3/1`, are copies too.
        .map(([datacenter, copies]) => [datacenter, parseInt(copies)]),
    ),
  }));
  if (keyspaces.length === 0) throw new Error(`nodetool describecluster lists no keyspace:\n${said}`);
  return keyspaces;
}

/** Mode and streams that `nodetool netstats` tells. @throws when it tells no mode */
export function parseStreams(said: string): Streams {
  const mode = /^Mode: (\w+)/m.exec(said)?.[1];
  if (!mode) throw new Error(`nodetool netstats tells no mode:\n${said}`);
  const streams = (doing: string, done: string): { total: number; moved: number } => {
    const line = new RegExp(
      `${doing} \\d+ files, (\\d+) bytes total\\. Already ${done} \\d+ files(?: \\([^)]*%\\))?, (\\d+) bytes total`,
      "g",
    );
    const all = [...said.matchAll(line)].map(([, total, moved]) => ({ total: Number(total), moved: Number(moved) }));
    const sum = (key: "total" | "moved") => all.reduce((sum, stream) => sum + stream[key], 0);
    return { total: sum("total"), moved: sum("moved") };
  };
  const [out, into] = [streams("Sending", "sent"), streams("Receiving", "received")];
  return { mode, total: out.total, sent: out.moved, toReceive: into.total, received: into.moved };
}

/**
 * Why `nodetool cleanup` has not done all of its work, and whether that may pass; undefined where it has. What it prints decides as
 * well: where Cassandra breaks off for a table, it ends as if it had come through.
 */
export function cleanupRefusal(said: string, hasFailed: boolean): { why: string; mayPass: boolean } | undefined {
  const why =
    /(?:Node is involved in cluster membership changes|Aborted cleaning up|Failed marking some sstables).*/.exec(
      said,
    )?.[0];
  if (why !== undefined) return { why, mayPass: true };
  return hasFailed ? { why: said || "nodetool cleanup failed without a word", mayPass: false } : undefined;
}

/** How far a clean-up is, of what `nodetool compactionstats` tells; empty where none runs at the moment. */
export function parseCleanup(said: string): string {
  const line = /^\S+ +Cleanup +(\S+) +(\S+) .*?([\d.]+%)/m.exec(said);
  return line ? `${line[1]}.${line[2]} ${line[3]}` : "";
}
