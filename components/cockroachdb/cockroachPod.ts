import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { placement, type Placement } from "../objects/placement";
import { containerSecurity, podSecurity, pullSecrets, smallStep } from "../objects/podSecurity";
import {
  certsDir,
  cockroach,
  type CockroachCertificates,
  cockroachPorts,
  nodeHost,
  securityOptions,
} from "./cockroachOptions";

type Container = k8s.types.input.core.v1.Container;
type PodSpec = k8s.types.input.core.v1.PodSpec;

/** How one CockroachDB node runs. */
export interface CockroachPodArgs extends Placement {
  /** Image with a tag or digest. Versions after v23.1 and some before it are not freely licensed: read their licence first. */
  image: pulumi.Input<string>;
  /** Names of Secrets in the namespace with which the image is pulled. @default none */
  imagePullSecrets?: string[];
  /** Memory of the container, both request and limit: a Kubernetes quantity. A quarter goes to the cache, and a quarter to SQL. */
  memory: pulumi.Input<string>;
  /** CPU of the container, request only: a Kubernetes quantity. */
  cpu: pulumi.Input<string>;
  /** Secrets by which nodes and clients prove who they are. @default none: everybody who reaches the pods may do everything */
  certificates?: CockroachCertificates;
}

/** The cluster that a pod belongs to. */
export interface CockroachNodes {
  /** Name of the StatefulSet. */
  name: string;
  /** Domain of the headless Service. Each node has a name below it. */
  domain: pulumi.Input<string>;
  /** Labels that all nodes of the cluster have and no other pod has. */
  selector: Record<string, string>;
}

/** The image has no user but root. No node of Kubernetes has this user. */
const cockroachUser = 10001;

/** The volume claim template of the nodes. */
export const dataVolume = "datadir";

/** Pod of a node, with its data on the volume `datadir`. */
export function nodePod(args: CockroachPodArgs, nodes: CockroachNodes): PodSpec {
  return {
    ...pullSecrets(args.imagePullSecrets),
    automountServiceAccountToken: false,
    securityContext: podSecurity(cockroachUser, args.podSecurity),
    // A node that ends in order moves its leases to other nodes first.
    terminationGracePeriodSeconds: 300,
    ...placement(args, { affinity: apart(nodes.selector) }),
    ...certificateVolumes(args, "node"),
    containers: [nodeContainer(args, nodes)],
  };
}

/** Affinity of pods that run on nodes of their own. Only a preference, so that three nodes start on the single node of minikube. */
const apart = (selector: Record<string, string>) => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: { labelSelector: { matchLabels: selector }, topologyKey: "kubernetes.io/hostname" },
      },
    ],
  },
});

function nodeContainer(args: CockroachPodArgs, nodes: CockroachNodes): Container {
  return {
    name: "cockroachdb",
    image: args.image,
    imagePullPolicy: "IfNotPresent",
    command: [
      cockroach,
      "start",
      "--logtostderr",
      ...securityOptions(args),
      pulumi.interpolate`--advertise-host=$(POD_NAME).${nodes.domain}`,
      "--http-addr=0.0.0.0",
      // Always the first three: a list that followed `replicas` would restart every node at each scaling.
      pulumi.interpolate`--join=${pulumi.all([0, 1, 2].map((i) => nodeHost(nodes, i))).apply((all) => all.join(","))}`,
      "--cache=.25",
      "--max-sql-memory=.25",
    ],
    env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    ports: Object.entries(cockroachPorts).map(([name, containerPort]) => ({ name, containerPort })),
    resources: {
      requests: { cpu: args.cpu, memory: args.memory, "ephemeral-storage": "128Mi" },
      limits: {
        memory: args.memory,
        ...(args.cpuLimit !== undefined && { cpu: args.cpuLimit }),
        "ephemeral-storage": "1Gi",
      },
    },
    // There is no liveness probe: it would restart a node that is busy or cut off, and make matters worse.
    readinessProbe: {
      httpGet: { path: "/health?ready=1", port: "http", scheme: args.certificates ? "HTTPS" : "HTTP" },
      periodSeconds: 5,
      failureThreshold: 2,
    },
    securityContext: containerSecurity,
    volumeMounts: [{ name: dataVolume, mountPath: "/cockroach/cockroach-data" }, ...certificateMounts(args)],
  };
}

/** Pod that is no node: it runs one command of the same image, with the certificates of a client. */
export function toolPod(
  args: CockroachPodArgs,
  { name, command, env, restartPolicy }: Pick<Container, "name" | "command" | "env"> & { restartPolicy?: string },
): PodSpec {
  return {
    ...pullSecrets(args.imagePullSecrets),
    automountServiceAccountToken: false,
    securityContext: podSecurity(cockroachUser, args.podSecurity),
    // Tools may run wherever the nodes of the cluster may.
    ...placement({ nodeSelector: args.nodeSelector, tolerations: args.tolerations }),
    restartPolicy,
    // It does nothing that must end in order, and `sleep` ignores the signal.
    terminationGracePeriodSeconds: 1,
    ...certificateVolumes(args, "client"),
    containers: [
      {
        name,
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        command,
        env,
        resources: {
          requests: { cpu: "50m", memory: "128Mi", "ephemeral-storage": "16Mi" },
          limits: { memory: "512Mi", "ephemeral-storage": "256Mi" },
        },
        securityContext: containerSecurity,
        volumeMounts: certificateMounts(args),
      },
    ],
  };
}

function certificateMounts({ certificates }: CockroachPodArgs): k8s.types.input.core.v1.VolumeMount[] {
  return certificates ? [{ name: "certs", mountPath: certsDir }] : [];
}

/** CockroachDB refuses keys that others can read, and the files of a Secret belong to root: an init container copies them. */
function certificateVolumes(
  { image, certificates }: CockroachPodArgs,
  whose: keyof CockroachCertificates,
): Pick<PodSpec, "initContainers" | "volumes"> {
  if (!certificates) return {};
  return {
    initContainers: [
      {
        name: "certs",
        image,
        imagePullPolicy: "IfNotPresent",
        command: ["/bin/bash", "-ec", `cp /secret/* ${certsDir} && chmod 0400 ${certsDir}/*.key`],
        resources: smallStep,
        securityContext: containerSecurity,
        volumeMounts: [
          { name: "secret", mountPath: "/secret", readOnly: true },
          { name: "certs", mountPath: certsDir },
        ],
      },
    ],
    volumes: [
      { name: "secret", secret: { secretName: certificates[whose] } },
      { name: "certs", emptyDir: { medium: "Memory" } },
    ],
  };
}
