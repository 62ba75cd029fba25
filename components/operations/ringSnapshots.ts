import * as pulumi from "@pulumi/pulumi";
import { AdoptedTemplate, tutorials } from "./adoption";
import { CertManager } from "../objects/certificates";
import { Cluster, ClusterChoice } from "../kubernetes/apiClient";
import { toVolumes } from "./clusterNames";
import { DataGuard, Judge, Verdict } from "./dataGuard";
import { setsOf } from "../objects/racks";
import { VolumeRetention } from "../objects/storageClass";
import { membersOf, PodMaker } from "./foreignPods";

/** Which component makes a ring, by the word that config has for it. */
export type RingTopology = "persistent" | "ephemeral" | "daemon" | "pod" | "cockroachdb";

/** What the state remembers of one ring. */
export interface RingFacts {
  /** Name of its set and Services. */
  name: string;
  namespace: string;
  /** Cassandra's names of the cluster and of the data centre; none of CockroachDB. */
  clusterName?: string;
  datacenter?: string;
  /** Its racks, in order: `a, b, c`. @default all members are in one */
  racks?: string;
  /** Whether its clients log in, and the role that may do everything. @default "none", of rings from before there was a choice */
  auth?: "password" | "none";
  superuser?: string;
  /** Whether what goes over the network is encrypted. @default "none" */
  tls?: "secret" | "cert-manager" | "none";
  /** Who signs its certificates, where cert-manager does. */
  tlsIssuer?: string;
  /** What its rows lie in. */
  disk: "volumes" | "pods" | "nodes";
  /** Folder of the nodes, where they lie in those. */
  hostPath?: string;
  /** Topology whose pods it has taken over; its own, where these are of a set that others made. */
  adopt?: string;
  /** Of which template the pods of that set are. */
  podTemplate?: "kept" | "own";
  /** What becomes of its volumes when it goes. @default "retain" */
  volumeRetention?: "delete";
}

/** Rings by their topology. */
export type Rings = Partial<Record<RingTopology, RingFacts>>;

/** What facts are made of: the args of the component that makes the ring. */
interface RingArgs {
  name: string;
  namespace: pulumi.Input<string>;
  clusterName?: pulumi.Input<string>;
  datacenter?: pulumi.Input<string>;
  racks?: string[];
  auth?: "password" | "none";
  superuser?: string;
  tlsSecret?: string;
  certManager?: CertManager;
  hostPath?: string;
  adopt?: AdoptedTemplate;
  adoptPod?: boolean;
  volumeRetention?: VolumeRetention;
}

/** What the state is to remember of a ring. */
export function factsOf(
  topology: RingTopology,
  args: RingArgs,
): { [K in keyof RingFacts]: pulumi.Input<NonNullable<RingFacts[K]>> } {
  const { name, namespace, hostPath, adopt, adoptPod, volumeRetention } = args;
  const isOnVolumes = topology === "persistent" || topology === "cockroachdb";
  return {
    name,
    namespace,
    ...(topology !== "cockroachdb" && factsOfCassandra(args)),
    disk: isOnVolumes ? "volumes" : hostPath ? "nodes" : "pods",
    ...(hostPath && { hostPath }),
    ...(adoptPod ? { adopt: "pod" } : adopt ? { adopt: "persistent", podTemplate: adopt } : {}),
    ...(isOnVolumes && volumeRetention === "delete" && { volumeRetention }),
  };
}

function factsOfCassandra(args: RingArgs) {
  const { clusterName, datacenter, racks = [], auth = "password", superuser = "admin", tlsSecret, certManager } = args;
  const issuer = certManager?.issuer;
  return {
    clusterName,
    datacenter,
    ...(racks.length > 0 && { racks: racks.join(", ") }),
    auth,
    ...(auth !== "none" && { superuser }),
    tls: tlsSecret === undefined ? "none" : certManager ? "cert-manager" : "secret",
    ...(certManager && { tlsIssuer: issuer ? `${issuer.kind}/${issuer.name}` : "own" }),
  } as const;
}

/** How a line names what its reader edits. */
interface Words {
  /** A setting that one topology has. */
  own: (topology: string, key: string) => string;
  /** The way to a ring beside this one. */
  another: (topology: string) => string;
  /** The same, of one that was to have another name. @default there is none */
  renamed?: string;
}

/** For who edits the config of the stack. */
export const ofStack: Words = {
  own: (topology, key) => `cassandra:${topology}.${key}`,
  another: (topology) => `another ring (cassandra:${topology}.name)`,
};

/** For who edits a program with a component in it. */
export const ofComponent: Words = {
  own: (_, key) => `cassandra:${key}`,
  another: () => "another ring (a second component beside this one)",
  renamed: ", and a second component beside this one makes another ring",
};

const fateOf = ({ disk, volumeRetention }: RingFacts) =>
  ({
    volumes:
      volumeRetention === "delete"
        ? "its volumes are deleted with it"
        : "its volumes stay, and a later `pulumi up` of it finds the rows",
    pods: "its rows go with its pods",
    nodes: "its folders stay on the nodes",
  })[disk];

/** Names that members are made with, and refuse to start under others. */
const ringNames = ["clusterName", "datacenter"] as const;

/** What becomes of one ring: its topology, and the rings that there are to be. */
function judgeRing(
  topology: string,
  ring: RingFacts,
  wanted: Rings,
  { own, another, renamed: beside = "" }: Words,
): Verdict {
  const lost = (loss: string, allowed = "") => ({ losses: [`${loss}, and ${fateOf(ring)}${allowed}`], refusals: [] });
  const all = Object.entries(wanted);
  const [heir, successor] =
    all.find(([other, { name, adopt }]) => name === ring.name && (other === topology || adopt === topology)) ?? [];
  const whose = `ring ${ring.name} (${topology})`;
  const renamed = all.find(([other]) => other === topology)?.[1];
  if (!successor && renamed) {
    return lost(
      `${own(topology, "name")}: "${renamed.name}": no ring can be renamed, and this edit leaves ${whose} behind`,
      `; allowed is "${ring.name}"${beside}`,
    );
  }
  if (!successor) {
    const others = all.map(([other, { name }]) => `ring ${name} (${other})`).join(" or ");
    return lost(`cassandra:topologies: this edit leaves ${whose} behind: its rows are not carried over to ${others}`);
  }
  if (successor.namespace !== ring.namespace) {
    return lost(
      `cassandra:namespace: "${successor.namespace}": this edit leaves ${whose} in namespace ${ring.namespace} behind`,
      `; allowed is "${ring.namespace}"`,
    );
  }
  if (heir === topology && successor.adopt !== ring.adopt && topology !== "persistent")
    return lost(`${own(topology, "adoptPod")}: this edit gives the pods of ring ${ring.name} up`);
  if (ring.hostPath && successor.hostPath !== ring.hostPath)
    return lost(`${own(topology, "hostPath")}: this edit leaves the rows in ${ring.hostPath} behind`);
  const refusals = ringNames
    .filter((key) => successor[key] !== ring[key])
    .map(
      (key) =>
        `cassandra:${key}: "${successor[key]}" is not allowed for ${whose}: its members were made with "${ring[key]}" and ` +
        `start with no other; allowed is "${ring[key]}", or ${another(heir!)}`,
    );
  if (heir === "persistent" && successor.adopt !== ring.adopt) {
    const isAdopted = ring.adopt !== undefined;
    refusals.push(
      `${own(heir, "adopt")}: "${!isAdopted}" is not allowed for ${whose}: its set ${isAdopted ? "has" : "would need"} the ` +
        `labels and claims of one that was adopted, and these can never change; allowed is "${isAdopted}"`,
    );
  }
  if (ring.podTemplate === "own" && successor.podTemplate === "kept") {
    refusals.push(
      `${own(heir!, "podTemplate")}: "kept" is not allowed for ${whose}: its pods are of this program's template, and that of ` +
        'before is gone; allowed is "own"',
    );
  }
  const inRacks = ({ racks }: RingFacts) => (racks === undefined ? "[]" : `[${racks}]`);
  if (successor.racks !== ring.racks) {
    refusals.push(
      `cassandra:racks: ${inRacks(successor)} is not allowed for ${whose}: its members are in ${inRacks(ring)}, and another rack would ` +
        `want other rows of each; allowed is ${inRacks(ring)}, or ${another(heir!)}`,
    );
  }
  return { losses: [], refusals: [...refusals, ...protectionRefusals(whose, ring, successor)] };
}

/**
 * Members that ask for a password and members that do not serve no client alike, those that encrypt do not reach those that do
 * not or trust another authority, and the role is made once.
 */
function protectionRefusals(whose: string, was: RingFacts, wanted: RingFacts): string[] {
  const choices = ({ auth = "none", tls = "none", superuser, tlsIssuer }: RingFacts) => ({
    auth,
    tls,
    superuser,
    tlsIssuer,
  });
  /** Whether a key is judged by another one. */
  const follows = { auth: undefined, tls: undefined, superuser: "auth", tlsIssuer: "tls" } as const;
  const [before, after] = [choices(was), choices(wanted)];
  const anew =
    was.disk === "pods"
      ? "or a ring of another name, which starts without rows"
      : "or `pulumi destroy`, which keeps the rows, and then `pulumi up`: no member runs meanwhile";
  const ways = {
    auth: anew,
    tls: anew,
    tlsIssuer: anew,
    superuser: `or another role that it makes: CREATE ROLE ${after.superuser} WITH SUPERUSER = true`,
  };
  return (["auth", "tls", "superuser", "tlsIssuer"] as const)
    .filter((key) => before[key] !== after[key])
    .filter((key) => follows[key] === undefined || before[follows[key]] === after[follows[key]])
    .map(
      (key) =>
        `cassandra:${key}: "${after[key]}" is not allowed for ${whose} while it runs with "${before[key]}"; allowed is ` +
        `"${before[key]}", ${ways[key]}`,
    );
}

/** What an edit means for these rings. */
export function judgeRings(was: Rings, wanted: Rings, words: Words = ofStack): Verdict {
  const verdicts = Object.entries(was).map(([topology, ring]) => judgeRing(topology, ring, wanted, words));
  return {
    losses: verdicts.flatMap(({ losses }) => losses),
    refusals: verdicts.flatMap(({ refusals }) => refusals),
  };
}

const makers: Record<RingTopology, PodMaker["kind"]> = {
  persistent: "StatefulSet",
  ephemeral: "ReplicationController",
  daemon: "DaemonSet",
  pod: "Pod",
  cockroachdb: "StatefulSet",
};

/**
 * Whether nothing is there of a ring that is remembered, such as one that was refused before anything of it was made: it binds nobody.
 * Of what could not be looked at, and of folders on nodes, nobody can tell.
 */
async function isGone(
  topology: RingTopology,
  { name, namespace, racks, disk, adopt }: RingFacts,
  choice: ClusterChoice | undefined,
): Promise<boolean> {
  if (disk === "nodes") return false;
  const names = setsOf(name, racks?.split(", "));
  const claim = topology === "cockroachdb" ? "datadir" : adopt ? tutorials.claim : "data";
  const look = async () => {
    const members = await membersOf({ kind: makers[topology], names }, namespace, choice);
    if (members.length > 0) return true;
    return disk === "volumes" && (await toVolumes(claim, names)(await Cluster.connect(choice), namespace));
  };
  return look().then(
    (isThere) => !isThere,
    () => false,
  );
}

/** Judges an edit of rings by those of them that are there. */
export function judgeIn(cluster: ClusterChoice | undefined, words: Words): Judge<Rings> {
  return async (was, wanted) => {
    const there: Rings = {};
    for (const [topology, ring] of Object.entries(was) as [RingTopology, RingFacts][]) {
      const { losses, refusals } = judgeRings({ [topology]: ring }, wanted, words);
      if (losses.length + refusals.length > 0 && !(await isGone(topology, ring, cluster))) there[topology] = ring;
    }
    return judgeRings(there, wanted, words);
  };
}

/** The guard of one ring, within its component: programs of one's own have no other. */
export function ringGuard(
  name: string,
  topology: RingTopology,
  args: RingArgs & { acceptDataLoss?: boolean },
  cluster: ClusterChoice | undefined,
  opts: pulumi.ComponentResourceOptions,
): DataGuard<Rings> {
  const facts = pulumi.output(factsOf(topology, args)) as pulumi.Output<RingFacts>;
  return new DataGuard<Rings>(
    `${name}-ring`,
    { [topology]: facts },
    judgeIn(cluster, ofComponent),
    args.acceptDataLoss ?? false,
    opts,
  );
}
