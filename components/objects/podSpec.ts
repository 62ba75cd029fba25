import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { CassandraYaml, yamlChanges } from "../cassandra/cassandraYaml";
import { selectorText } from "./labels";
import { once } from "../engine/shareFirstCall";
import { containerSecurity, podSecurity, pullSecrets, smallStep } from "./podSecurity";
import { zoneLabel } from "./racks";
import { ClientCertificates, encryption, tlsFolder } from "./tls";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;
type Volume = k8s.types.input.core.v1.Volume;

/** Ports of a Cassandra member, with the names that the tutorials give them. */
export const ports = { intraNode: 7000, tlsIntraNode: 7001, jmx: 7199, cql: 9042 } as const;

/** Where pods have the scripts of this program. */
export const scriptsFolder = "/ring";

/** User and group of the official image. */
const cassandraUser = 999;

/** Where Cassandra writes besides its data, by volume; the image itself is read-only. start.py fills the first. */
const scratch = { config: "/config", logs: "/var/log/cassandra", tmp: "/tmp" };

/** How one Cassandra member runs, whatever makes its pod. */
export interface CassandraPodArgs {
  /** Image with tag or digest; the official image or one with the same entry point. */
  image: pulumi.Input<string>;
  /** Secrets of the namespace with which the image is pulled. @default none */
  imagePullSecrets?: string[];
  /** Memory of the container, request and limit, a Kubernetes quantity. */
  memory: pulumi.Input<string>;
  /** CPU of the container, request alone, a Kubernetes quantity. */
  cpu: pulumi.Input<string>;
  /** Heap in MiB. Cassandra needs about as much again outside the heap. */
  maxHeapMiB: number;
  /** Cassandra's cluster name. A member refuses to start on a disk that was written under another one. */
  clusterName: pulumi.Input<string>;
  /** Cassandra's name for the data centre; keyspaces quote it. */
  datacenter: pulumi.Input<string>;
  /** Cassandra's name for the rack. */
  rack: pulumi.Input<string>;
  /** Tokens of each member, which can never change. @default 16 */
  numTokens?: number;
  /** Zone on whose nodes alone it may run. @default any */
  zone?: string;
  /** Further JVM options, each starting with a dash. @default none */
  jvmOptions?: string[];
  /**
   * Keys of cassandra.yaml, over the image's own; null takes one out. An Output may be a secret, and goes into a Secret.
   * @default those that keep rows safe
   */
  cassandraYaml?: pulumi.Input<CassandraYaml>;
  /**
   * Whether the container has the capability IPC_LOCK, which the Pod Security Standards leave to namespaces without one. Java
   * makes use of it in images alone that give it to Java's file or start it as root. @default false
   */
  lockMemory?: boolean;
  /** Whether clients must show a certificate that the `ca.crt` of an encrypted ring has signed. @default "none" */
  clientCertificates?: ClientCertificates;
}

/**
 * Where a member's rows lie, which says how long they do: on a volume, whose claim template has that name; in a folder of its
 * node; or in the pod itself, with which they go.
 */
export type Disk = { claim: string } | { hostPath: pulumi.Input<string> } | "emptyDir";

/** What ties a pod to its ring. */
export interface RingBinding {
  /** Name of the ring. */
  name: string;
  /** Names of the sets that make its pods, where pods have ordinals. @default one, named as the ring */
  sets?: string[];
  /** Headless Service under which the ring's pods are found. */
  service: pulumi.Input<string>;
  disk: Disk;
  /** ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** Secret that holds the superuser; undefined where nobody has to log in. */
  superuser?: pulumi.Input<string>;
  /** Secret that holds the certificates; undefined where nothing is encrypted. */
  tls?: pulumi.Input<string>;
  /** ConfigMap that holds the scripts of `podScripts`. */
  scripts: pulumi.Input<string>;
  /** Secret that holds what is changed in cassandra.yaml. @default it is among the scripts */
  configuration?: pulumi.Input<string>;
  serviceAccountName: pulumi.Input<string>;
  /** Labels that the ring's pods share and no other pod has. */
  selector: Record<string, string>;
}

/** Whether pods have ordinals, as those of a StatefulSet, or find each other without. */
const orderOf = (disk: Disk) => (disk !== "emptyDir" && "claim" in disk ? "ordered" : "crowd");

/**
 * The scripts that run inside the pod and what they read, by file name: contents of a ConfigMap. None that the pod has no use
 * for is among them, since every change of one restarts every pod.
 */
export function podScripts(disk: Disk): Record<string, string> {
  const other = orderOf(disk) === "ordered" ? "forget.sh" : "decommission.sh";
  return Object.fromEntries(Object.entries(allScripts()).filter(([file]) => file !== other));
}

/** Files of `pod/`. What else lies there, such as an editor's copies, would reach the pods of every ring and restart them. */
const scriptFiles = [
  "around.py",
  "certificates.py",
  "configure.py",
  "cqlsh.sh",
  "decisions.py",
  "decommission.sh",
  "forget.sh",
  "gossip.py",
  "leave.py",
  "logback.xml",
  "login.py",
  "member.py",
  "record.py",
  "register.sh",
  "ring.py",
  "roles.py",
  "start.py",
  "start.sh",
  "states.py",
  "stop.sh",
  "superuser.sh",
  "tokens.py",
];

/** Read once, and the same strings for all rings of a stack: each would hold 0.2 MB of its own otherwise. */
const allScripts = once(() => {
  const read = (file: string) => fs.readFileSync(path.join(__dirname, "../pod", file), "utf8");
  // A shell takes the line ends of another system for a part of the command.
  return Object.fromEntries(scriptFiles.map((file) => [file, read(file).replace(/\r\n/g, "\n")]));
});

/**
 * The file that stands beside the scripts.
 * @param given keys of cassandra.yaml that win over the program's own
 * @param ring whether clients log in; with encryption, whether they show certificates; racks with a set each
 */
export function configurationFile(
  given: CassandraYaml | undefined,
  { needsLogin, tls, racks = 0 }: { needsLogin: boolean; tls?: ClientCertificates; racks?: number },
): Record<string, string> {
  const ring = { needsLogin, racks, ...(tls && { encryption: encryption(scratch.config, tls) }) };
  return { "cassandra.json": JSON.stringify(yamlChanges(given, ring), null, 2) };
}

/** Variable by which pods know the ConfigMap that is their ring's record. */
export const recordVariable = "RING_RECORD";

/** Annotation of pods that tells from which revision of the template they were made. */
export const revisionAnnotation = "cassandra/revision";

/** Twelve hex digits that follow from all that a pod is made of. */
export function revisionOf(spec: PodSpec): pulumi.Output<string> {
  return pulumi
    .output(spec)
    .apply((plain) => createHash("sha256").update(JSON.stringify(plain)).digest("hex").slice(0, 12));
}

/** How the scripts of `pod/` see the disk. */
function ringDisk({ name, disk, sets = [name] }: RingBinding): Record<string, string> {
  const order = { RING_PODS: orderOf(disk) };
  if (disk === "emptyDir") return { ...order, RING_DISK: "pod" };
  if ("hostPath" in disk) return { ...order, RING_DISK: "node" };
  return { ...order, RING_SETS: sets.join(" "), RING_CLAIM: disk.claim };
}

/**
 * The official entry point writes these into cassandra.yaml and cassandra-rackdc.properties, and the start script of Cassandra
 * reads the heap sizes. CASSANDRA_SEEDS is not among them: the pod's own scripts know who can be one, a pod template cannot.
 */
function environment(args: CassandraPodArgs, ring: RingBinding): EnvVar[] {
  const values: Record<string, pulumi.Input<string>> = {
    // The image's user has no home, where cqlsh and nodetool would keep a history.
    HOME: scratch.tmp,
    CASSANDRA_CONF: scratch.config,
    MAX_HEAP_SIZE: `${args.maxHeapMiB}M`,
    // Read by collectors other than G1; a fifth of the heap, as 100M of 512M in the tutorials.
    HEAP_NEWSIZE: `${Math.floor(args.maxHeapMiB / 50) * 10}M`,
    JVM_EXTRA_OPTS: (args.jvmOptions ?? []).join(" "),
    CASSANDRA_CLUSTER_NAME: args.clusterName,
    CASSANDRA_DC: args.datacenter,
    CASSANDRA_RACK: args.rack,
    // Without this snitch the two above do nothing.
    CASSANDRA_ENDPOINT_SNITCH: "GossipingPropertyFileSnitch",
    CASSANDRA_NUM_TOKENS: `${args.numTokens ?? 16}`,
    CASSANDRA_RPC_ADDRESS: "0.0.0.0",
    RING_NAME: ring.name,
    RING_SERVICE: ring.service,
    [recordVariable]: ring.record,
    ...(ring.superuser && { RING_SUPERUSER: ring.superuser }),
    ...(ring.tls && { RING_TLS: ring.tls }),
    RING_SELECTOR: selectorText(ring.selector),
    ...ringDisk(ring),
  };
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
  const isOfNode = ring.disk !== "emptyDir" && "hostPath" in ring.disk;
  return [
    { name: "POD_IP", valueFrom: field("status.podIP") },
    // Two variables and not one that quotes the other: `$(POD_IP)` would do, but reads like a shell's.
    { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: field("status.podIP") },
    // A member is its disk: the node's folder has the same member whichever pod comes to it.
    { name: "RING_MEMBER", valueFrom: field(isOfNode ? "spec.nodeName" : "metadata.name") },
    // Pods of a set follow each other under one name: this tells them apart.
    { name: "POD_UID", valueFrom: field("metadata.uid") },
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

/** Volumes of the pod that are not made from a claim template. */
function volumes({ disk, scripts, configuration, tls }: RingBinding): Volume[] {
  const sources = [{ configMap: { name: scripts } }, { secret: { name: configuration } }];
  const others = [
    configuration === undefined
      ? { name: "ring", configMap: { name: scripts, defaultMode: 0o555 } }
      : { name: "ring", projected: { sources, defaultMode: 0o555 } },
    ...(tls === undefined ? [] : [{ name: "tls", secret: { secretName: tls, defaultMode: 0o440 } }]),
    ...Object.keys(scratch).map((name) => ({ name, emptyDir: {} })),
  ];
  if (disk === "emptyDir") return [{ name: "data", emptyDir: {} }, ...others];
  if ("claim" in disk) return others;
  return [{ name: "data", hostPath: { path: disk.hostPath, type: "DirectoryOrCreate" } }, ...others];
}

/** Kubernetes gives volumes to the pod's group, but for folders of the node: this container does that. */
function initContainers(image: pulumi.Input<string>, disk: Disk): Pick<PodSpec, "initContainers"> {
  if (disk === "emptyDir" || "claim" in disk) return {};
  return {
    initContainers: [
      {
        name: "own-data",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["chown", `${cassandraUser}:${cassandraUser}`, "/var/lib/cassandra"],
        resources: smallStep,
        // The folder belongs to the node, which only its root can give away; nothing but that can be done in here.
        securityContext: {
          ...containerSecurity,
          runAsUser: 0,
          runAsNonRoot: false,
          capabilities: { drop: ["ALL"], add: ["CHOWN"] },
        },
        volumeMounts: [{ name: "data", mountPath: "/var/lib/cassandra" }],
      },
    ],
  };
}

function resources({ cpu, memory }: CassandraPodArgs, disk: Disk): Container["resources"] {
  // Logs of the collector, a copy of the configuration. Without a volume the rows are among what is counted, and a pod that
  // comes to its limit is evicted with them: there is none then.
  const isBounded = disk !== "emptyDir";
  return {
    requests: { cpu, memory, ...(isBounded && { "ephemeral-storage": "256Mi" }) },
    // No CPU limit: a member throttled in a collection is a member that its peers take for dead.
    limits: { memory, ...(isBounded && { "ephemeral-storage": "1Gi" }) },
  };
}

/** The pod of one Cassandra member. */
export function cassandraPodSpec(args: CassandraPodArgs, ring: RingBinding): PodSpec {
  const claim = ring.disk !== "emptyDir" && "claim" in ring.disk ? ring.disk.claim : undefined;
  return {
    serviceAccountName: ring.serviceAccountName,
    // On a volume, as in the Kubernetes example: an upper bound for a member that flushes much, seconds as a rule. Without one,
    // an upper bound for handing all rows over, which depends on how many there are; a pod killed before it has ended loses some.
    terminationGracePeriodSeconds: claim === undefined ? 86400 : 1800,
    ...pullSecrets(args.imagePullSecrets),
    securityContext: podSecurity(cassandraUser),
    ...(args.zone && { nodeSelector: { [zoneLabel]: args.zone } }),
    topologySpreadConstraints: [zoneLabel, "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      // A wish, so that a ring of three still starts on the single node of minikube.
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: ring.selector },
    })),
    ...initContainers(args.image, ring.disk),
    containers: [
      {
        name: "cassandra",
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        command: [`${scriptsFolder}/start.sh`],
        env: environment(args, ring),
        ports: [
          { name: "intra-node", containerPort: ports.intraNode },
          { name: "tls-intra-node", containerPort: ports.tlsIntraNode },
          { name: "jmx", containerPort: ports.jmx },
          { name: "cql", containerPort: ports.cql },
        ],
        resources: resources(args, ring.disk),
        // The port is open exactly while the member is a NORMAL part of the ring. There is no liveness probe: the port is
        // also closed while a member drains or has left, and a restart then would be wrong.
        readinessProbe: { tcpSocket: { port: ports.cql }, periodSeconds: 1, timeoutSeconds: 5 },
        lifecycle: { preStop: { exec: { command: [`${scriptsFolder}/stop.sh`] } } },
        securityContext: args.lockMemory
          ? { ...containerSecurity, capabilities: { drop: ["ALL"], add: ["IPC_LOCK"] } }
          : containerSecurity,
        volumeMounts: [
          { name: claim ?? "data", mountPath: "/var/lib/cassandra" },
          { name: "ring", mountPath: scriptsFolder, readOnly: true },
          ...(ring.tls === undefined ? [] : [{ name: "tls", mountPath: tlsFolder, readOnly: true }]),
          ...Object.entries(scratch).map(([name, mountPath]) => ({ name, mountPath })),
        ],
      },
    ],
    volumes: volumes(ring),
  };
}
