import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labels, selectorLabels } from "./labels";
import { LocalVolume, LocalVolumes } from "./localVolumes";
import { refuseScaleDown } from "./scaleDown";
import { VolumeRetention } from "./storage";

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

export interface CockroachClusterArgs {
  /** Name of the StatefulSet, its headless Service and its pods, unique in the namespace. */
  name: string;
  /** Namespace, which must exist. */
  namespace: pulumi.Input<string>;
  /** Nodes of the cluster, at least 1. */
  replicas: number;
  /** Image with tag or digest. Versions after v23.1 and some before it are not freely licensed: read theirs first. */
  image: pulumi.Input<string>;
  /** Memory of the container, request and limit, a Kubernetes quantity; a quarter each goes to cache and SQL. */
  memory: pulumi.Input<string>;
  /** CPU of the container, request alone, a Kubernetes quantity. */
  cpu: pulumi.Input<string>;
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each node's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** @default "retain": volumes outlive `pulumi destroy`. */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes to make static volumes of, at least one for each node. @default none: volumes are provisioned as asked for */
  localVolumes?: LocalVolume[];
  /** @default none: insecure, for everyone who reaches the pods */
  certificates?: CockroachCertificates;
  /** Whether there is a pod to run the SQL client in. @default false */
  sqlClient?: boolean;
  /** Whether a Deployment keeps the cluster busy. @default false */
  loadGenerator?: boolean;
}

const cockroach = "/cockroach/cockroach";
const certsDir = "/cockroach/cockroach-certs";

/** A CockroachDB cluster: a StatefulSet with a volume for each node, its Services, and its one-time initialisation. */
export class CockroachCluster extends pulumi.ComponentResource {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** Headless Service, named as the cluster: gives each node its DNS name, ready or not. */
  readonly discoveryService: k8s.core.v1.Service;
  /** Service with a cluster IP, `<name>-public`: leads to nodes that serve SQL. */
  readonly publicService: k8s.core.v1.Service;

  private readonly domain: pulumi.Output<string>;

  constructor(
    name: string,
    private readonly args: CockroachClusterArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("cassandra:index:CockroachCluster", name, {}, opts);
    const identity = { name: args.name, topology: "persistent", application: "cockroachdb" };
    const { namespace, volumeRetention = "retain" } = args;
    const metadata = { namespace, labels: labels(identity) };
    const selector = selectorLabels(identity);
    const servicePorts = Object.entries(cockroachPorts).map(([name, port]) => ({ name, port }));

    this.discoveryService = new k8s.core.v1.Service(
      name,
      {
        metadata: { ...metadata, name: args.name },
        // Nodes look each other up before any of them is ready.
        spec: { clusterIP: "None", publishNotReadyAddresses: true, selector, ports: servicePorts },
      },
      { parent: this },
    );
    this.domain = pulumi.interpolate`${this.discoveryService.metadata.name}.${namespace}.svc.cluster.local`;

    // Nodes are not ready before they are told once to form a cluster, so this does not wait for them: it tries until they
    // answer. Told again, they say that they are one already.
    new k8s.batch.v1.Job(
      `${name}-init`,
      {
        metadata,
        spec: {
          backoffLimit: 10,
          template: {
            metadata: { labels: { ...labels(identity), "app.kubernetes.io/component": "init" } },
            spec: this.toolPod("init", ["/bin/bash", "-ec", initialise], {
              restartPolicy: "OnFailure",
              env: [
                { name: "HOST", value: pulumi.interpolate`${args.name}-0.${this.domain}:${cockroachPorts.grpc}` },
                { name: "SECURITY", value: this.security.join(" ") },
              ],
            }),
          },
        },
      },
      { parent: this },
    );

    const { localVolumes: disks } = args;
    const volumes =
      disks && new LocalVolumes(name, { ...args, ...identity, disks, claim: "datadir" }, { parent: this });
    this.statefulSet = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata, name: args.name },
        spec: {
          replicas: args.replicas,
          serviceName: this.discoveryService.metadata.name,
          selector: { matchLabels: selector },
          // The nodes need each other to become ready.
          podManagementPolicy: "Parallel",
          persistentVolumeClaimRetentionPolicy: {
            whenDeleted: volumeRetention === "retain" ? "Retain" : "Delete",
            whenScaled: "Retain",
          },
          template: { metadata: { labels: labels(identity) }, spec: this.nodePod(selector) },
          volumeClaimTemplates: [
            {
              metadata: { name: "datadir", labels: labels(identity) },
              spec: {
                accessModes: ["ReadWriteOnce"],
                storageClassName: args.storageClassName as pulumi.Input<string>,
                resources: { requests: { storage: args.volumeSize } },
              },
            },
          ],
        },
      },
      {
        parent: this,
        dependsOn: volumes,
        hooks: { beforeUpdate: [refuseScaleDown(name, this.waysDown)] },
      },
    );
    new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } },
      { parent: this },
    );
    this.publicService = new k8s.core.v1.Service(
      `${name}-public`,
      { metadata: { ...metadata, name: `${args.name}-public` }, spec: { selector, ports: servicePorts } },
      { parent: this, dependsOn: this.statefulSet },
    );

    const toolLabels = (component: string) => ({ ...labels(identity), "app.kubernetes.io/component": component });
    if (args.sqlClient) {
      new k8s.core.v1.Pod(
        `${name}-client`,
        {
          metadata: { ...metadata, name: `${args.name}-client`, labels: toolLabels("client") },
          spec: this.toolPod("client", ["sleep", "infinity"]),
        },
        { parent: this },
      );
    }
    if (args.loadGenerator) this.generateLoad(name, toolLabels("load"));
    this.registerOutputs({ publicService: this.publicService.metadata.name });
  }

  /** What a person uses next. */
  get usage() {
    const { name, namespace } = this.args;
    return {
      discoveryService: this.discoveryService.metadata.name,
      publicService: this.publicService.metadata.name,
      sql: pulumi.interpolate`kubectl exec -it -n ${namespace} ${name}-0 -- ${cockroach} sql ${this.security.join(" ")}`,
      adminUi: pulumi.interpolate`kubectl port-forward -n ${namespace} ${name}-0 ${cockroachPorts.http}`,
    };
  }

  /** Options that every command takes. */
  private get security(): string[] {
    return this.args.certificates ? [`--certs-dir=${certsDir}`] : ["--insecure"];
  }

  private get waysDown(): string {
    const { name } = this.args;
    return (
      `CockroachDB cluster ${name}: the data of the nodes that go must be moved first. By hand: ` +
      `\`kubectl exec ${name}-0 -- ${cockroach} node decommission ID ${this.security.join(" ")} ` +
      `--host=${name}-public\` for each, the highest first, then \`kubectl scale statefulset ${name} --replicas=N\`, ` +
      "`pulumi refresh`, and this edit again"
    );
  }

  private nodePod(selector: Record<string, string>): PodSpec {
    const { args } = this;
    const hosts = [0, 1, 2].map((i) => pulumi.interpolate`${args.name}-${i}.${this.domain}:${cockroachPorts.grpc}`);
    return {
      securityContext: this.podSecurity,
      // A node that leaves in order lets its peers take its leases over.
      terminationGracePeriodSeconds: 300,
      affinity: {
        podAntiAffinity: {
          // A wish, so that three nodes still start on the single node of minikube.
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 100,
              podAffinityTerm: { labelSelector: { matchLabels: selector }, topologyKey: "kubernetes.io/hostname" },
            },
          ],
        },
      },
      ...this.certificates("node"),
      containers: [
        {
          name: "cockroachdb",
          image: args.image,
          imagePullPolicy: "IfNotPresent",
          command: [
            cockroach,
            "start",
            "--logtostderr",
            ...this.security,
            pulumi.interpolate`--advertise-host=$(POD_NAME).${this.domain}`,
            "--http-addr=0.0.0.0",
            // Fixed at the first three: a list that followed `replicas` would restart every node at each scaling.
            pulumi.interpolate`--join=${pulumi.all(hosts).apply((all) => all.join(","))}`,
            "--cache=.25",
            "--max-sql-memory=.25",
          ],
          env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
          ports: Object.entries(cockroachPorts).map(([name, containerPort]) => ({ name, containerPort })),
          resources: { requests: { cpu: args.cpu, memory: args.memory }, limits: { memory: args.memory } },
          // No liveness probe: a node that is busy or cut off would be restarted into a worse state.
          readinessProbe: {
            httpGet: { path: "/health?ready=1", port: "http", scheme: args.certificates ? "HTTPS" : "HTTP" },
            periodSeconds: 5,
            failureThreshold: 2,
          },
          volumeMounts: [{ name: "datadir", mountPath: "/cockroach/cockroach-data" }, ...this.certificateMounts],
        },
      ],
    };
  }

  /** A pod that is no node: it runs one command of the same image. */
  private toolPod(
    name: string,
    command: pulumi.Input<string>[],
    { restartPolicy, env }: { restartPolicy?: string; env?: Container["env"] } = {},
  ): PodSpec {
    return {
      securityContext: this.podSecurity,
      restartPolicy,
      // It does nothing that it should be asked to end in order, and `sleep` does not listen.
      terminationGracePeriodSeconds: 1,
      ...this.certificates("client"),
      containers: [
        {
          name,
          image: this.args.image,
          imagePullPolicy: "IfNotPresent",
          command,
          env,
          resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
          volumeMounts: this.certificateMounts,
        },
      ],
    };
  }

  private generateLoad(name: string, podLabels: Record<string, string>): void {
    const { args } = this;
    const parameters = args.certificates
      ? `sslmode=verify-full&sslrootcert=${certsDir}/ca.crt&sslcert=${certsDir}/client.root.crt&sslkey=${certsDir}/client.root.key`
      : "sslmode=disable";
    const url = pulumi.interpolate`postgresql://root@${this.publicService.metadata.name}:${cockroachPorts.grpc}?${parameters}`;
    new k8s.apps.v1.Deployment(
      `${name}-load`,
      {
        metadata: { namespace: args.namespace, labels: podLabels },
        spec: {
          replicas: 1,
          selector: { matchLabels: podLabels },
          template: {
            metadata: { labels: podLabels },
            spec: this.toolPod("load", [
              cockroach,
              "workload",
              "run",
              "kv",
              "--init",
              "--tolerate-errors",
              "--max-rate=100",
              url,
            ]),
          },
        },
      },
      { parent: this },
    );
  }

  private get podSecurity() {
    return { runAsUser: 1000, runAsGroup: 1000, runAsNonRoot: true, fsGroup: 1000 };
  }

  private get certificateMounts() {
    return this.args.certificates ? [{ name: "certs", mountPath: certsDir }] : [];
  }

  /** CockroachDB refuses keys that others can read, and a Secret's files belong to root: a copy of them belongs to the node. */
  private certificates(whose: keyof CockroachCertificates): Pick<PodSpec, "initContainers" | "volumes"> {
    const secretName = this.args.certificates?.[whose];
    if (!secretName) return {};
    return {
      initContainers: [
        {
          name: "certs",
          image: this.args.image,
          imagePullPolicy: "IfNotPresent",
          command: ["/bin/bash", "-ec", `cp /secret/* ${certsDir} && chmod 0400 ${certsDir}/*.key`],
          volumeMounts: [
            { name: "secret", mountPath: "/secret", readOnly: true },
            { name: "certs", mountPath: certsDir },
          ],
        },
      ],
      volumes: [
        { name: "secret", secret: { secretName } },
        { name: "certs", emptyDir: { medium: "Memory" } },
      ],
    };
  }
}

const initialise = `
until said=$(${cockroach} init --host="$HOST" $SECURITY 2>&1); do
  echo "$said"
  case $said in *"already been initialized"*) exit 0 ;; esac
  sleep 2
done
echo "$said"
`.trim();
