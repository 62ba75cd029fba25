import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as fs from "node:fs";
import * as path from "node:path";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type EnvVar = k8s.types.input.core.v1.EnvVar;

/** Ports of a Cassandra member, with the names that the tutorials give them. */
export const ports = { intraNode: 7000, tlsIntraNode: 7001, jmx: 7199, cql: 9042 } as const;

/** User and group of the official image. */
const cassandraUser = 999;

/** How one Cassandra member runs, whatever makes its pod. */
export interface CassandraPodArgs {
  /** Image with tag or digest; the official image or one with the same entry point. */
  image: pulumi.Input<string>;
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
  /** Further JVM options, each starting with a dash. @default none */
  jvmOptions?: string[];
}

/** What ties a pod to its ring. */
export interface RingBinding {
  /** Name of the set; its pods are `<name>-0`, `<name>-1` ... */
  name: string;
  /** Headless Service under which the members have their DNS names. */
  service: pulumi.Input<string>;
  /** Claim template of the members' volumes: the claim of pod `x-0` is named `<template>-x-0`. None with data on emptyDir. */
  claim?: string;
  /** ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** ConfigMap that holds the scripts of `podScripts`. */
  scripts: pulumi.Input<string>;
  serviceAccountName: pulumi.Input<string>;
  /** Labels that the ring's pods share, for spreading them over the nodes. */
  selector: Record<string, string>;
}

/** The scripts that run inside the pod, by file name: contents of a ConfigMap. */
export function podScripts(): Record<string, string> {
  const folder = path.join(__dirname, "cassandraPod");
  return Object.fromEntries(
    fs.readdirSync(folder).map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")]),
  );
}

/**
 * The official entry point writes these into cassandra.yaml and cassandra-rackdc.properties, and the start script of Cassandra
 * reads the heap sizes. CASSANDRA_SEEDS is not among them: start.sh knows who can be one, a pod template cannot.
 */
function environment(args: CassandraPodArgs, ring: RingBinding): EnvVar[] {
  const values: Record<string, pulumi.Input<string>> = {
    // The image's user has no home, where cqlsh and nodetool would keep a history.
    HOME: "/tmp",
    MAX_HEAP_SIZE: `${args.maxHeapMiB}M`,
    // Read by collectors other than G1; a fifth of the heap, as 100M of 512M in the tutorials.
    HEAP_NEWSIZE: `${Math.floor(args.maxHeapMiB / 50) * 10}M`,
    JVM_EXTRA_OPTS: (args.jvmOptions ?? []).join(" "),
    CASSANDRA_CLUSTER_NAME: args.clusterName,
    CASSANDRA_DC: args.datacenter,
    CASSANDRA_RACK: args.rack,
    // Without this snitch the two above do nothing.
    CASSANDRA_ENDPOINT_SNITCH: "GossipingPropertyFileSnitch",
    CASSANDRA_NUM_TOKENS: "16",
    CASSANDRA_RPC_ADDRESS: "0.0.0.0",
    RING_NAME: ring.name,
    RING_SERVICE: ring.service,
    RING_RECORD: ring.record,
    ...(ring.claim && { RING_CLAIM: ring.claim }),
  };
  const podIp = { fieldRef: { fieldPath: "status.podIP" } };
  return [
    { name: "POD_IP", valueFrom: podIp },
    // Two variables and not one that quotes the other: `$(POD_IP)` would do, but reads like a shell's.
    { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: podIp },
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

/** The pod of one Cassandra member. Its data volume is named `data`; who calls this says what that is. */
export function cassandraPodSpec(args: CassandraPodArgs, ring: RingBinding): PodSpec {
  return {
    serviceAccountName: ring.serviceAccountName,
    // As in the Kubernetes example: an upper bound for a member that flushes much, seconds as a rule.
    terminationGracePeriodSeconds: 1800,
    securityContext: {
      runAsUser: cassandraUser,
      runAsGroup: cassandraUser,
      runAsNonRoot: true,
      fsGroup: cassandraUser,
      // Changing the owner of every file of a large volume would delay each restart.
      fsGroupChangePolicy: "OnRootMismatch",
    },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        // A wish, so that a ring of three still starts on the single node of minikube.
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: ring.selector },
      },
    ],
    containers: [
      {
        name: "cassandra",
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        command: ["/ring/start.sh"],
        env: environment(args, ring),
        ports: [
          { name: "intra-node", containerPort: ports.intraNode },
          { name: "tls-intra-node", containerPort: ports.tlsIntraNode },
          { name: "jmx", containerPort: ports.jmx },
          { name: "cql", containerPort: ports.cql },
        ],
        resources: {
          requests: { cpu: args.cpu, memory: args.memory },
          // No CPU limit: a member throttled in a collection is a member that its peers take for dead.
          limits: { memory: args.memory },
        },
        // The port is open exactly while the member is a NORMAL part of the ring. There is no liveness probe: the port is
        // also closed while a member drains or has left, and a restart then would be wrong.
        readinessProbe: { tcpSocket: { port: ports.cql }, periodSeconds: 2, timeoutSeconds: 5 },
        lifecycle: { preStop: { exec: { command: ["/ring/stop.sh"] } } },
        volumeMounts: [
          { name: "data", mountPath: "/var/lib/cassandra" },
          { name: "ring", mountPath: "/ring", readOnly: true },
        ],
      },
    ],
    volumes: [{ name: "ring", configMap: { name: ring.scripts, defaultMode: 0o555 } }],
  };
}
