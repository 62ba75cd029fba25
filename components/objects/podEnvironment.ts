import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { isClaimed } from "./disk";
import { exporterOption } from "../monitoring/exporter";
import { selectorText } from "./labels";
import type { CassandraPodArgs, RingBinding } from "./podArgs";
import { mountPaths } from "./podVolumes";
import { metricsPorts } from "./ports";

/** Environment variable that tells a pod the name of the ConfigMap with the ring record. */
export const recordVariable = "RING_RECORD";

/** Environment variable that tells a pod after how many seconds its member repairs again. */
export const repairIntervalVariable = "RING_REPAIR_INTERVAL";

/**
 * Environment of the Cassandra container. The entry point of the official image writes CASSANDRA_* into cassandra.yaml and
 * cassandra-rackdc.properties, and Cassandra's start script reads the heap sizes. CASSANDRA_SEEDS is missing on purpose: the scripts in
 * `pod/` choose the seeds when the container starts, and a pod template cannot know them.
 */
export function environment(args: CassandraPodArgs, ring: RingBinding): k8s.types.input.core.v1.EnvVar[] {
  const values: Record<string, pulumi.Input<string>> = {
    // The user of the image has no home folder, and cqlsh and nodetool keep a history there.
    HOME: mountPaths.tmp,
    CASSANDRA_CONF: mountPaths.config,
    MAX_HEAP_SIZE: `${args.maxHeapMiB}M`,
    // Only collectors other than G1 read it. It is a fifth of the heap, as in the tutorials (100M of 512M).
    HEAP_NEWSIZE: `${Math.floor(args.maxHeapMiB / 50) * 10}M`,
    JVM_EXTRA_OPTS: [...(args.jvmOptions ?? []), ...(ring.exporter ? [exporterOption] : [])].join(" "),
    CASSANDRA_CLUSTER_NAME: args.clusterName,
    CASSANDRA_DC: args.datacenter,
    CASSANDRA_RACK: args.rack,
    // Cassandra ignores CASSANDRA_DC and CASSANDRA_RACK with any other snitch.
    CASSANDRA_ENDPOINT_SNITCH: "GossipingPropertyFileSnitch",
    CASSANDRA_NUM_TOKENS: `${args.numTokens ?? 16}`,
    CASSANDRA_RPC_ADDRESS: "0.0.0.0",
    RING_NAME: ring.name,
    RING_SERVICE: ring.service,
    [recordVariable]: ring.record,
    ...(ring.memberService && { RING_MEMBER_SERVICE: ring.memberService }),
    ...(ring.repairInterval && { [repairIntervalVariable]: `${ring.repairInterval}` }),
    ...(ring.exporter && {
      RING_METRICS_PORT: `${metricsPorts.metrics}`,
      RING_EXPORTER_PORT: `${metricsPorts.exporter}`,
    }),
    ...(ring.superuser && { RING_SUPERUSER: ring.superuser }),
    ...(ring.tls && { RING_TLS: ring.tls }),
    RING_SELECTOR: selectorText(ring.selector),
    ...diskVariables(ring),
  };
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
  return [
    { name: "POD_IP", valueFrom: field("status.podIP") },
    // The field again, and not `$(POD_IP)`, which looks as if a shell replaced it.
    { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: field("status.podIP") },
    // The folder of a node holds the same member, whichever pod runs on that node.
    { name: "RING_MEMBER", valueFrom: field(ring.disk.kind === "hostPath" ? "spec.nodeName" : "metadata.name") },
    // Pods of a StatefulSet follow each other under one name, and only the UID tells them apart.
    { name: "POD_UID", valueFrom: field("metadata.uid") },
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

/** How the scripts in `pod/` see the disk. */
function diskVariables({ name, disk, sets = [name] }: RingBinding): Record<string, string> {
  if (isClaimed(disk)) return { POD_IDENTITY: "ordinal", RING_SETS: sets.join(" "), RING_CLAIM: disk.template };
  return { POD_IDENTITY: "none", RING_DISK: disk.kind === "hostPath" ? "node" : "pod" };
}
