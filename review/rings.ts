import { selectorText } from "../components/objects/labels";
import { podAt } from "../components/objects/racks";
import { Change, Inputs, Preview } from "./events";

/** What an update means for the rows and the members of one ring. */
export interface RingImpact {
  name: string;
  topology: string;
  /** What the program itself says of it. */
  said: string[];
  /** Who does what, in which order. */
  members: string[];
  /** Seconds that it takes, beside the time in which rows move; undefined when no member moves or restarts. */
  seconds?: number;
  /** Whether rows move, which takes as long as there are rows. */
  streamsData: boolean;
  /** Whether clients notice. */
  meanwhile: string;
}

const topologies: Record<string, string> = {
  "cassandra:index:PersistentCluster": "persistent",
  "cassandra:index:EphemeralCluster": "ephemeral",
  "cassandra:index:DaemonCluster": "daemon",
  "cassandra:index:SinglePod": "pod",
  "cassandra:index:CockroachCluster": "cockroachdb",
};
const controllers = ["apps/v1:StatefulSet", "core/v1:ReplicationController", "apps/v1:DaemonSet", "core/v1:Pod"];

/** Seconds, as measured in the lab with the waits that Cassandra has by default; of rows beside those of a first look. */
const takes = { first: 60, join: 90, leave: 80, restart: 45 };

/** A controller's part of a ring. */
interface Workload {
  replicas: number;
  template: Inputs;
  /** What becomes of the data when it is deleted with its pods. */
  fate: string;
  /** Whether the object is deleted and created again, with all of its pods. */
  isReplaced: boolean;
}

/** Every ring that the update touches, in order of their names. */
export function ringImpacts({ changes, said }: Preview): RingImpact[] {
  const rings = changes.filter(({ type }) => type in topologies);
  return rings
    .flatMap((ring) => ringImpact(ring, changes, said.info) ?? [])
    .sort((a, b) => a.name.localeCompare(b.name));
}

function ringImpact(ring: Change, changes: Change[], said: string[]): RingImpact | undefined {
  const own = changes.filter((change) => isBelow(change, ring.urn, changes));
  if (own.every(({ what }) => what === "same")) return undefined;
  const pods = own.filter(({ type }) => controllers.some((kind) => type === `kubernetes:${kind}`));
  const workloads = (which: "old" | "new") => pods.flatMap((change) => workloadOf(change, which) ?? []);
  const [before, after] = [workloads("old"), workloads("new")];
  const topology = topologies[ring.type];
  const some = (after[0] ?? before[0])?.template;
  const name = (some && envOf(some).RING_NAME) ?? ring.urn.split("::").at(-1)!;
  const about = { name, topology, said: [...sentences(said, name), ...toldAddresses(before[0], after[0])] };
  const { members, seconds, streamsData, meanwhile } = movements(topology, before, after);
  return { ...about, members, streamsData, meanwhile, ...(seconds > 0 && { seconds }) };
}

function isBelow({ parent }: Change, urn: string, changes: Change[]): boolean {
  if (parent === urn) return true;
  const above = changes.find((change) => change.urn === parent);
  return above !== undefined && isBelow(above, urn, changes);
}

/** Those of one ring, without its name. */
function sentences(said: string[], name: string): string[] {
  return said
    .flatMap((sentence) => new RegExp(`^(?:ring |CockroachDB cluster )?${name}: ([^]*)$`).exec(sentence)?.[1] ?? [])
    .sort();
}

function workloadOf(change: Change, which: "old" | "new"): Workload | undefined {
  // What goes, and what is yet to come, has no other side; a replaced object has both.
  if (which === "old" ? change.what === "create" : change.what === "delete") return undefined;
  const inputs = change[which] ?? (change.what === "same" ? change.old : undefined);
  const spec = inputs?.spec as Inputs | undefined;
  if (!spec) return undefined;
  const template = (spec.template as Inputs) ?? { spec };
  return {
    replicas: (spec.replicas as number) ?? 1,
    template,
    fate: fateOf(spec, template),
    isReplaced: change.what === "replace",
  };
}

/** Where the data of a controller's pods lies decides what becomes of it. */
function fateOf(
  { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: retention }: Inputs,
  template: Inputs,
): string {
  if ((volumeClaimTemplates as unknown[] | undefined)?.length) {
    // Kubernetes keeps them where the object does not say.
    const { whenDeleted = "Retain" } = (retention ?? {}) as { whenDeleted?: string };
    return whenDeleted === "Delete"
      ? "their PersistentVolumeClaims are deleted with them (volumeRetention: delete): the data is lost"
      : "their PersistentVolumeClaims stay, with the data";
  }
  return envOf(template).RING_DISK === "node"
    ? "the folders on their nodes stay, with the data"
    : "data in their pods is lost";
}

function envOf(template: Inputs): Record<string, string> {
  const { containers } = template.spec as { containers: { env?: { name: string; value?: string }[] }[] };
  return Object.fromEntries((containers[0].env ?? []).map(({ name, value = "" }) => [name, value]));
}

/** Which addresses of members drivers are told from now on, where it is others than before. */
function toldAddresses(before: Workload | undefined, after: Workload | undefined): string[] {
  const isTold = (workload: Workload) => envOf(workload.template).RING_MEMBER_SERVICE !== undefined;
  if (!before || !after || isTold(before) === isTold(after)) return [];
  return isTold(after)
    ? [
        "as members restart, drivers are told the addresses of load balancers in place of those of pods; where `loadBalancerSourceRanges` are " +
          "set, they hold for drivers in pods as well",
      ]
    : [
        "as members restart, drivers are told the addresses of pods, which those outside of the Kubernetes cluster cannot reach",
      ];
}

type Movements = Pick<RingImpact, "members" | "streamsData" | "meanwhile"> & { seconds: number };

function movements(topology: string, before: Workload[], after: Workload[]): Movements {
  const count = (workloads: Workload[]) => workloads.reduce((sum, { replicas }) => sum + replicas, 0);
  const [was, wanted] = [count(before), count(after)];
  const isChanged = JSON.stringify(before.map((w) => w.template)) !== JSON.stringify(after.map((w) => w.template));
  const none = { members: [], seconds: 0, streamsData: false };
  if (before.length === 0)
    return {
      ...none,
      members: [
        topology === "daemon"
          ? "new ring: a member on each selected node"
          : `new ring: ${members(wanted)} form it together`,
      ],
      seconds: takes.first,
      meanwhile: "the ring serves clients once every member sees all others",
    };
  if (after.length === 0)
    return {
      ...none,
      members: [`deleted: all of its members; ${fates(before)}`],
      meanwhile: "no member serves clients any more",
    };
  // What goes is the object that is there, whatever the new one says of its volumes.
  const replaced = before.filter(({ isReplaced }) => isReplaced);
  if (replaced.length > 0) {
    const all = topology === "daemon" ? "the member of each node" : members(count(replaced));
    return {
      ...none,
      members: [`deleted and created again, all at once: ${all}; ${fates(replaced)}`],
      seconds: takes.first,
      meanwhile: "no member serves clients",
    };
  }
  if (topology === "daemon") return ofDaemons(before[0], after[0], isChanged);

  const stays = Math.min(was, wanted);
  const name = namer(topology, after[0].template);
  const lines: string[] = [];
  let seconds = 0;
  if (wanted > was) {
    lines.push(`joining, one at a time: ${name ? list(range(was, wanted).map(name)) : members(wanted - was)}`);
    seconds += (wanted - was) * takes.join;
  }
  if (wanted < was) {
    lines.push(
      `decommissioned, one at a time: ${name ? list(range(wanted, was).reverse().map(name)) : members(was - wanted)}`,
    );
    seconds += (was - wanted) * takes.leave;
  }
  const keepsDataInPods = topology === "ephemeral" || topology === "pod";
  if (isChanged) {
    const order = name && list(restartOrder(range(0, stays).map(name), after.length > 1));
    lines.push(keepsDataInPods ? `replaced, one at a time: ${members(stays)}` : `restarting, one at a time: ${order}`);
    seconds += stays * (keepsDataInPods ? takes.join + takes.leave : takes.restart);
  }
  return {
    members: lines,
    seconds,
    streamsData: was !== wanted || (isChanged && keepsDataInPods),
    meanwhile: meanwhile(isChanged && !keepsDataInPods, stays),
  };
}

function ofDaemons(before: Workload, after: Workload, isChanged: boolean): Movements {
  const nodes = ({ template }: Workload) =>
    selectorText(((template.spec as Inputs).nodeSelector ?? {}) as Record<string, string>) || "all";
  const isOnNodes = envOf(after.template).RING_DISK === "node";
  if (!isChanged) return { members: [], seconds: 0, streamsData: false, meanwhile: meanwhile(false, 1) };
  const required = ({ template }: Workload) =>
    JSON.stringify(((template.spec as Inputs).affinity as Inputs | undefined)?.nodeAffinity ?? {});
  const isSameAffinity = required(before) === required(after);
  const choices = [
    ...(nodes(before) === nodes(after)
      ? []
      : [`nodeSelector selects other nodes: ${nodes(before)} before, ${nodes(after)} now`]),
    ...(isSameAffinity ? [] : ["affinity selects other nodes"]),
  ];
  const moves =
    "leaving, one at a time: members of nodes that match no longer; joining: a member of each node that matches now";
  const picked = choices.length === 0 ? [] : [...choices, moves];
  const stays = picked.length === 0 ? "each node" : "each node that still matches";
  const how = `${isOnNodes ? "restarting" : "replaced"}, one at a time: the member of ${stays}`;
  return {
    members: [...picked, how],
    seconds: isOnNodes ? takes.restart : takes.join + takes.leave,
    streamsData: !isOnNodes || picked.length > 0,
    meanwhile: meanwhile(isOnNodes, 3),
  };
}

function meanwhile(isAway: boolean, count: number): string {
  if (!isAway) return "every member serves clients, and all data can be read and written";
  if (count === 1) return "no member serves clients until the only member is back";
  return "one member at a time is down: with replication factor 3, requests at QUORUM succeed; with replication factor 1, requests for the data of that member fail until it is back";
}

/** Names of pods by their places; undefined where they have none of their own. */
function namer(topology: string, template: Inputs): ((place: number) => string) | undefined {
  const { RING_SETS: sets, RING_NAME: name = topology } = envOf(template);
  if (topology === "cockroachdb") return (place) => `${name}-${place}`;
  return topology === "persistent" && sets ? (place) => podAt(sets.split(" "), place) : undefined;
}

/** Kubernetes goes from the last pod of a set to the first; over several sets, the program goes by name. */
function restartOrder(pods: string[], areSeveral: boolean): string[] {
  return areSeveral ? [...pods].sort() : [...pods].reverse();
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
const list = (names: string[]) => names.map((name) => `\`${name}\``).join(", ");
const fates = (workloads: Workload[]) => [...new Set(workloads.map(({ fate }) => fate))].join("; ");
const members = (count: number) => `${count} ${count === 1 ? "member" : "members"}`;
