import * as k8s from "../kubernetes/resources";
import { Disk, isClaimed, outlivesPod } from "./disk";
import type { CassandraPodArgs, RingBinding } from "./podArgs";
import { environment } from "./podEnvironment";
import { placement } from "./placement";
import { cassandraUser, containerSecurity, podSecurity, pullSecrets } from "./podSecurity";
import { initContainers, scriptsFolder, volumeMounts, volumes } from "./podVolumes";
import { metricsPortName, metricsPorts, ports } from "./ports";
import { zoneLabel } from "./racks";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;

/** The pod of one Cassandra member. */
export function cassandraPodSpec(args: CassandraPodArgs, ring: RingBinding): PodSpec {
  return {
    serviceAccountName: ring.serviceAccountName,
    terminationGracePeriodSeconds: terminationGracePeriodSeconds(ring.disk),
    ...pullSecrets(args.imagePullSecrets),
    securityContext: podSecurity(cassandraUser, args.podSecurity),
    ...placement(args),
    topologySpreadConstraints: [zoneLabel, "kubernetes.io/hostname"].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      // Only a preference, so that a ring of three starts on the single node of minikube.
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: ring.selector },
    })),
    ...initContainers(args.image, ring.disk),
    containers: [cassandraContainer(args, ring)],
    volumes: volumes(ring),
  };
}

function cassandraContainer(args: CassandraPodArgs, ring: RingBinding): Container {
  return {
    name: "cassandra",
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    command: [`${scriptsFolder}/entrypoint.sh`],
    env: environment(args, ring),
    ports: [
      { name: "intra-node", containerPort: ports.intraNode },
      { name: "tls-intra-node", containerPort: ports.tlsIntraNode },
      { name: "jmx", containerPort: ports.jmx },
      { name: "cql", containerPort: ports.cql },
      ...(ring.exporter === undefined ? [] : [{ name: metricsPortName, containerPort: metricsPorts.metrics }]),
    ],
    resources: resources(args, ring.disk),
    readinessProbe,
    lifecycle: { preStop: { exec: { command: [`${scriptsFolder}/pre-stop.sh`] } } },
    securityContext: args.lockMemory
      ? { ...containerSecurity, capabilities: { drop: ["ALL"], add: ["IPC_LOCK"] } }
      : containerSecurity,
    volumeMounts: volumeMounts(ring),
  };
}

/**
 * Cassandra answers at the CQL port exactly while the member is a NORMAL member of the ring. A connection alone would prove nothing
 * (`port_answers.py`). Each probe costs 30 to 50 ms of CPU time, hence two seconds between two of them. There is no liveness probe:
 * nothing answers either while a member drains or after a decommission, and a restart would do harm then.
 */
const readinessProbe = {
  exec: { command: [`${scriptsFolder}/readiness.sh`] },
  periodSeconds: 2,
  timeoutSeconds: 6,
  failureThreshold: 2,
};

/**
 * Seconds that a pod has to end. A member with a volume flushes its data, which takes seconds as a rule: half an hour is an upper bound.
 * Any other member may have to stream all of its data to other members first. The time for that grows with the data, and a pod that is
 * killed earlier loses data: a day is an upper bound.
 */
function terminationGracePeriodSeconds(disk: Disk): number {
  return isClaimed(disk) ? 1800 : 86400;
}

function resources({ cpu, cpuLimit, memory }: CassandraPodArgs, disk: Disk): Container["resources"] {
  // With the data elsewhere, ephemeral storage holds logs and a copy of the configuration. With emptyDir it holds the data as well, and
  // Kubernetes evicts a pod that exceeds its limit, with its data: there is no limit then.
  const isBounded = outlivesPod(disk);
  return {
    requests: { cpu, memory, ...(isBounded && { "ephemeral-storage": "256Mi" }) },
    // No CPU limit unless it is asked for: a member that is throttled during garbage collection looks dead to the other members.
    limits: {
      memory,
      ...(cpuLimit !== undefined && { cpu: cpuLimit }),
      ...(isBounded && { "ephemeral-storage": "1Gi" }),
    },
  };
}
