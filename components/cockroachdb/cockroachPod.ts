import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { containerSecurity, podSecurity, pullSecrets, smallStep } from "../objects/podSecurity";

type Container = k8s.types.input.core.v1.Container;
type PodSpec = k8s.types.input.core.v1.PodSpec;

/** Ports of a CockroachDB node: SQL and the nodes' own talk, and the admin UI. */
export const cockroachPorts = { grpc: 26257, http: 8080 } as const;

/** Secrets with the certificates that `cockroach cert` makes, each holding the files of one certificate folder. */
export interface CockroachCertificates {
  /** Secret with `ca.crt`, `node.crt` and `node.key`, for all nodes. */
  node: string;
  /** Secret with `ca.crt`, `client.root.crt` and `client.root.key`. */
  client: string;
}

export interface CockroachPodArgs {
  /** Image with tag or digest. Versions after v23.1 and some before it are not freely licensed: read theirs first. */
  image: pulumi.Input<string>;
  /** Secrets of the namespace with which the image is pulled. @default none */
  imagePullSecrets?: string[];
  /** Memory of the container, request and limit, a Kubernetes quantity; a quarter each goes to cache and SQL. */
  memory: pulumi.Input<string>;
  /** CPU of the container, request alone, a Kubernetes quantity. */
  cpu: pulumi.Input<string>;
  /** Secrets with which nodes and clients prove who they are. @default none: insecure, for everyone who reaches the pods */
  certificates?: CockroachCertificates;
}

/** The cluster that a pod belongs to. */
export interface CockroachNodes {
  /** Name of the StatefulSet. */
  name: string;
  /** Domain of the headless Service, below which each node has its name. */
  domain: pulumi.Input<string>;
  /** Labels that its nodes share and no other pod has. */
  selector: Record<string, string>;
}

/** The program in the image. */
export const cockroach = "/cockroach/cockroach";
const certsDir = "/cockroach/cockroach-certs";

/** Options that every command takes. */
export function securityOptions({ certificates }: Pick<CockroachPodArgs, "certificates">): string[] {
  return certificates ? [`--certs-dir=${certsDir}`] : ["--insecure"];
}

/** Parameters of a URL by which a pod with the client's certificates connects. */
export function urlParameters({ certificates }: Pick<CockroachPodArgs, "certificates">): string {
  return certificates
    ? `sslmode=verify-full&sslrootcert=${certsDir}/ca.crt&sslcert=${certsDir}/client.root.crt&sslkey=${certsDir}/client.root.key`
    : "sslmode=disable";
}

/** Name and port of a node in the pods' DNS. */
export function nodeHost({ name, domain }: CockroachNodes, ordinal: number): pulumi.Output<string> {
  return pulumi.interpolate`${name}-${ordinal}.${domain}:${cockroachPorts.grpc}`;
}

/** A pod that is a node, on volume `datadir`. */
export function nodePod(args: CockroachPodArgs, nodes: CockroachNodes): PodSpec {
  return {
    ...pullSecrets(args.imagePullSecrets),
    automountServiceAccountToken: false,
    securityContext: podSecurity(cockroachUser),
    // A node that leaves in order lets its peers take its leases over.
    terminationGracePeriodSeconds: 300,
    affinity: {
      podAntiAffinity: {
        // A wish, so that three nodes still start on the single node of minikube.
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: { labelSelector: { matchLabels: nodes.selector }, topologyKey: "kubernetes.io/hostname" },
          },
        ],
      },
    },
    ...certificateVolumes(args, "node"),
    containers: [
      {
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
          // Fixed at the first three: a list that followed `replicas` would restart every node at each scaling.
          pulumi.interpolate`--join=${pulumi.all([0, 1, 2].map((i) => nodeHost(nodes, i))).apply((all) => all.join(","))}`,
          "--cache=.25",
          "--max-sql-memory=.25",
        ],
        env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        ports: Object.entries(cockroachPorts).map(([name, containerPort]) => ({ name, containerPort })),
        resources: {
          requests: { cpu: args.cpu, memory: args.memory, "ephemeral-storage": "128Mi" },
          limits: { memory: args.memory, "ephemeral-storage": "1Gi" },
        },
        // No liveness probe: a node that is busy or cut off would be restarted into a worse state.
        readinessProbe: {
          httpGet: { path: "/health?ready=1", port: "http", scheme: args.certificates ? "HTTPS" : "HTTP" },
          periodSeconds: 5,
          failureThreshold: 2,
        },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "datadir", mountPath: "/cockroach/cockroach-data" }, ...certificateMounts(args)],
      },
    ],
  };
}

/** A pod that is no node: it runs one command of the same image. */
export function toolPod(
  args: CockroachPodArgs,
  { name, command, env, restartPolicy }: Pick<Container, "name" | "command" | "env"> & { restartPolicy?: string },
): PodSpec {
  return {
    ...pullSecrets(args.imagePullSecrets),
    automountServiceAccountToken: false,
    securityContext: podSecurity(cockroachUser),
    restartPolicy,
    // It does nothing that it should be asked to end in order, and `sleep` does not listen.
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

/** Tells the nodes once to form a cluster: tries until they answer. Told again, they say that they are one already. */
export function initPod(args: CockroachPodArgs, nodes: CockroachNodes): PodSpec {
  const script = [
    `until said=$(${cockroach} init --host="$HOST" $SECURITY 2>&1); do`,
    '  echo "$said"',
    '  case $said in *"already been initialized"*) exit 0 ;; esac',
    "  sleep 2",
    "done",
    'echo "$said"',
  ];
  return toolPod(args, {
    name: "init",
    command: ["/bin/bash", "-ec", script.join("\n")],
    restartPolicy: "OnFailure",
    env: [
      { name: "HOST", value: nodeHost(nodes, 0) },
      { name: "SECURITY", value: securityOptions(args).join(" ") },
    ],
  });
}

/** The image has no user of its own but root. This one is none of the node's either. */
const cockroachUser = 10001;

function certificateMounts({ certificates }: CockroachPodArgs): k8s.types.input.core.v1.VolumeMount[] {
  return certificates ? [{ name: "certs", mountPath: certsDir }] : [];
}

/** CockroachDB refuses keys that others can read, and a Secret's files belong to root: a copy of them belongs to the node. */
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
