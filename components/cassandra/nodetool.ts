/** Parses the output of `nodetool` of Cassandra 4.0 and later. */
import { byteUnits } from "../kubernetes/quantity";
import { canonicalAddress } from "./address";

/** A member as the ring lists it. */
export interface RingMember {
  hostId: string;
  /** As Kubernetes writes it. */
  address: string;
  datacenter: string;
  rack: string;
  /** Number of its tokens. */
  tokens: number;
  up: boolean;
  state: "normal" | "leaving" | "joining" | "moving";
  /** Bytes of data on its disk; undefined while unknown. */
  load?: number;
}

/** A keyspace and its replication. */
export interface Keyspace {
  name: string;
  /** Class of its replication: `SimpleStrategy`, `NetworkTopologyStrategy`, `LocalStrategy`. */
  replication: string;
  /** Replication factor of each data centre; under `replication_factor` if the class has one for all. */
  copies: Record<string, number>;
}

/** Progress of a member's streams. */
export interface Streams {
  /** `NORMAL`, `LEAVING`, `JOINING`, `DECOMMISSIONED` and so on. */
  mode: string;
  /** Bytes to send in the present streams. */
  total: number;
  /** Bytes of `total` that have been sent. A file that is streamed as a whole counts once it is complete. */
  sent: number;
  /** The same for the streams that the member receives. */
  toReceive: number;
  received: number;
}

const states = { N: "normal", L: "leaving", J: "joining", M: "moving" } as const;

function bytes(number: string, unit: string): number {
  return Math.round(Number(number) * 1024 ** byteUnits.indexOf(unit));
}

const memberLine =
  /^([UD?])([NLJM]) +(\S+) +(?:([\d.]+) (bytes|KiB|MiB|GiB|TiB)|\?) +(\d+) .*?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) +(.*)/;

/**
 * Members that `nodetool status` lists. One that it marks with `?`, neither up nor down, counts as down.
 * @throws if it lists none, or one without a host ID: nobody may take that one for removed
 */
export function parseStatus(said: string): RingMember[] {
  let datacenter = "";
  const members: RingMember[] = [];
  for (const line of said.split("\n")) {
    datacenter = /^Datacenter: (.*)/.exec(line)?.[1].trim() ?? datacenter;
    const [, up, letter, address, number, unit, tokens, hostId, rack] = memberLine.exec(line) ?? [];
    if (!hostId && /^[UD?][NLJM] /.test(line))
      throw new Error(`nodetool status lists a member without a host ID:\n${line}`);
    if (!hostId) continue;
    const state = states[letter as keyof typeof states];
    const load = number === undefined ? {} : { load: bytes(number, unit) };
    const place = { datacenter, rack: rack.trim() };
    members.push({
      hostId,
      address: canonicalAddress(address),
      ...place,
      tokens: Number(tokens),
      up: up === "U",
      state,
      ...load,
    });
  }
  if (members.length === 0) throw new Error(`nodetool status lists no member:\n${said}`);
  return members;
}

/** Cluster name in `nodetool describecluster`. @throws if there is none */
export function parseClusterName(said: string): string {
  const name = /^\s*Name: (.*)$/m.exec(said)?.[1].trim();
  if (!name) throw new Error(`nodetool describecluster shows no name:\n${said}`);
  return name;
}

/** Version in `nodetool version`. @throws if there is none */
export function parseVersion(said: string): { major: number; minor: number } {
  const [, major, minor] = /^ReleaseVersion: (\d+)\.(\d+)/m.exec(said) ?? [];
  if (major === undefined) throw new Error(`nodetool version shows none:\n${said}`);
  return { major: Number(major), minor: Number(minor) };
}

/** Version of each member in `nodetool gossipinfo`: one command for all of them. */
export function parseGossip(said: string): { hostId: string; version: string }[] {
  return said.split(/^(?=\S)/m).flatMap((member) => {
    const [hostId, version] = ["HOST_ID", "RELEASE_VERSION"].map(
      (name) => new RegExp(`^ +${name}:\\d+:(\\S+)$`, "m").exec(member)?.[1],
    );
    return hostId && version ? [{ hostId, version }] : [];
  });
}

/** Thread pools of a repair: on the member that runs it, and on the members that take part. */
const repairPool = /^(?:Repair\S*|AntiEntropyStage|ValidationExecutor) +(\d+) +(\d+) /gm;

/** Whether `nodetool tpstats` shows a repair in progress. */
export function parseRepair(said: string): boolean {
  return [...said.matchAll(repairPool)].some(([, active, pending]) => Number(active) + Number(pending) > 0);
}

/** Keyspaces that `nodetool describecluster` lists. @throws if it lists none */
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
        // Transient replicas, `3/1`, count as well.
        .map(([datacenter, copies]) => [datacenter, parseInt(copies)]),
    ),
  }));
  if (keyspaces.length === 0) throw new Error(`nodetool describecluster lists no keyspace:\n${said}`);
  return keyspaces;
}

/** Mode and streams in `nodetool netstats`. @throws if there is no mode */
export function parseStreams(said: string): Streams {
  const mode = /^Mode: (\w+)/m.exec(said)?.[1];
  if (!mode) throw new Error(`nodetool netstats shows no mode:\n${said}`);
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
 * Why `nodetool cleanup` has not cleaned everything, and whether to try again; undefined if it has. The output decides as well as the exit
 * code: if Cassandra aborts the cleanup of a table, nodetool still reports success.
 */
export function cleanupRefusal(said: string, hasFailed: boolean): { why: string; mayPass: boolean } | undefined {
  const why =
    /(?:Node is involved in cluster membership changes|Aborted cleaning up|Failed marking some sstables).*/.exec(
      said,
    )?.[0];
  if (why !== undefined) return { why, mayPass: true };
  return hasFailed ? { why: said || "nodetool cleanup failed without a word", mayPass: false } : undefined;
}

/** Progress of a cleanup in `nodetool compactionstats`; empty if no cleanup runs. */
export function parseCleanup(said: string): string {
  const line = /^\S+ +Cleanup +(\S+) +(\S+) .*?([\d.]+%)/m.exec(said);
  return line ? `${line[1]}.${line[2]} ${line[3]}` : "";
}
