import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import {
  cockroach,
  CockroachNodes,
  CockroachPodArgs,
  cockroachPorts,
  initPod,
  nodePod,
  securityOptions,
  toolPod,
  urlParameters,
} from "./cockroachPod";
import { ClusterChoice } from "../kubernetes/apiClient";
import { comparedCluster } from "../kubernetes/kubernetesCluster";
import { labels, selectorLabels } from "../objects/labels";
import { LocalVolume, LocalVolumes } from "../objects/persistentVolumes";
import { refuseWithoutSecrets } from "../operations/requiredSecrets";
import { networkAccess, Peer } from "../objects/networkPolicy";
import { refuseFewerNodes } from "./nodeCount";
import { refuseReplacement, WorkloadMemory } from "../operations/replacementGuard";
import { ringGuard } from "../operations/ringSnapshots";
import { VolumeRetention } from "../objects/storageClass";
import { refuseStrangers } from "../operations/foreignPods";
import { neverReplaced, volumeAnnotations, volumesGrowFirst } from "../operations/volumeExpansion";

export interface CockroachClusterArgs extends CockroachPodArgs {
  /** Name of the StatefulSet, its headless Service and its pods, unique in the namespace. */
  name: string;
  /** Namespace, which must exist. */
  namespace: pulumi.Input<string>;
  /** Nodes of the cluster, at least 1. */
  replicas: number;
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each node's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they outlive it */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes to make static volumes of, at least one for each node. @default none: volumes are provisioned as asked for */
  localVolumes?: LocalVolume[];
  /** Who may reach SQL and the admin UI, where the cluster's network enforces policies. @default all pods of the namespace */
  clientsFrom?: Peer[];
  /** Whether there is a pod to run the SQL client in. @default false */
  sqlClient?: boolean;
  /** Whether a Deployment keeps the cluster busy. @default false */
  loadGenerator?: boolean;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The cluster that the resources go to, for updates that look at it. @default that of the default provider */
  cluster?: ClusterChoice;
  /**
   * Whether an edit may leave rows behind, as another `name` or `namespace` does: no cluster can be renamed. Take it out again
   * afterwards. @default false
   */
  acceptDataLoss?: boolean;
}

/** A CockroachDB cluster: a StatefulSet with a volume for each node, its Services, and its one-time initialisation. */
export class CockroachCluster extends pulumi.ComponentResource {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** Headless Service, named as the cluster: gives each node its DNS name, ready or not. */
  readonly discoveryService: k8s.core.v1.Service;
  /** Service with a cluster IP, `<name>-public`: leads to nodes that serve SQL. */
  readonly publicService: k8s.core.v1.Service;

  private readonly args: CockroachClusterArgs;

  constructor(name: string, given: CockroachClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("CockroachCluster", name, given);
    const { takesOver = false } = args;
    const { choice: cluster, passed } = comparedCluster(name, args.cluster, opts);
    // A set of this name that is not in the state is not touched, nor its Services.
    const isNoStrangers = refuseStrangers(name, { kind: "StatefulSet", names: [args.name] }, cluster);
    const firstLook = takesOver ? [] : [isNoStrangers];
    const beforeCreate = [...(opts?.hooks?.beforeCreate ?? []), ...firstLook];
    // It waits for no other arg: a cluster that is refused is so before anything is made.
    const { namespace: place } = given;
    super(
      "cassandra:index:CockroachCluster",
      name,
      { namespace: place },
      { ...opts, hooks: { ...opts?.hooks, beforeCreate } },
    );
    this.args = args;
    const identity = { name: args.name, topology: "persistent", application: "cockroachdb" };
    const { volumeRetention = "retain" } = args;
    const memory = new WorkloadMemory(name, this);
    const guard = ringGuard(name, "cockroachdb", args, cluster, { parent: this, dependsOn: passed });
    // Everything in it has a namespace, and comes after the look at the cluster and at what the state remembers.
    const namespace = pulumi.all([args.namespace, guard.passed]).apply(([known]) => known);
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
    // Without more behind it, it holds in the namespace whatever the cluster's own domain is.
    const nodes: CockroachNodes = { name: args.name, domain: this.discoveryService.metadata.name, selector };

    const toolLabels = (component: string) => ({ ...labels(identity), "app.kubernetes.io/component": component });
    // Its tools are clients, whoever else may be one; nobody is one of theirs.
    const tools = {
      matchLabels: { "app.kubernetes.io/name": identity.application, "app.kubernetes.io/instance": identity.name },
      matchExpressions: [{ key: "app.kubernetes.io/component", operator: "In", values: ["init", "client", "load"] }],
    };
    const policy = networkAccess(
      name,
      { metadata, selector, members: [], clients: Object.values(cockroachPorts), from: args.clientsFrom, tools },
      { parent: this },
    );
    const toolPolicy = new k8s.networking.v1.NetworkPolicy(
      `${name}-tools`,
      { metadata, spec: { podSelector: tools, policyTypes: ["Ingress"] } },
      { parent: this },
    );
    // Nodes are not ready before they have formed a cluster, so this does not wait for them.
    new k8s.batch.v1.Job(
      `${name}-init`,
      {
        metadata,
        spec: {
          backoffLimit: 10,
          template: { metadata: { labels: toolLabels("init") }, spec: initPod(args, nodes) },
        },
      },
      { parent: this, dependsOn: toolPolicy },
    );

    const { localVolumes: disks } = args;
    const volumes =
      disks &&
      new LocalVolumes(name, { ...args, ...identity, sets: [args.name], disks, claim: "datadir" }, { parent: this });
    const subject = `CockroachDB cluster ${args.name}`;
    const growth = { subject, sets: [args.name], claim: "datadir", cluster };
    const count = refuseFewerNodes(name, { ...growth, waysDown: this.waysDown });
    const workload = { apiVersion: "apps/v1", kind: "StatefulSet" } as const;
    const needs = args.certificates
      ? [
          refuseWithoutSecrets(name, cluster, [
            {
              key: "cockroachdb.nodeCertificates",
              secretName: args.certificates.node,
              files: ["ca.crt", "node.crt", "node.key"],
            },
            {
              key: "cockroachdb.clientCertificates",
              secretName: args.certificates.client,
              files: ["ca.crt", "client.root.crt", "client.root.key"],
            },
          ]),
        ]
      : [];
    this.statefulSet = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: { ...metadata, name: args.name, annotations: volumeAnnotations(args) },
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
          template: { metadata: { labels: labels(identity) }, spec: nodePod(args, nodes) },
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
        // Nobody may reach the first node whom the policy keeps out.
        dependsOn: pulumi
          .all([guard.passed, memory.forDependents])
          .apply((known) => [...known.flat(), policy, ...(volumes ? [volumes] : [])]),
        ...neverReplaced(args.acceptDataLoss),
        hooks: {
          beforeCreate: [
            refuseReplacement(name, { memory, workload, takesOver, cluster }),
            ...needs,
            ...count.beforeCreate,
          ],
          beforeUpdate: [...needs, volumesGrowFirst(name, growth, this), ...count.beforeUpdate],
        },
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

    if (args.sqlClient) {
      new k8s.core.v1.Pod(
        `${name}-client`,
        {
          metadata: { ...metadata, name: `${args.name}-client`, labels: toolLabels("client") },
          spec: toolPod(args, { name: "client", command: ["sleep", "infinity"] }),
        },
        { parent: this, dependsOn: toolPolicy },
      );
    }
    if (args.loadGenerator) this.generateLoad(name, toolLabels("load"), toolPolicy);
    memory.remember([this.statefulSet]);
    this.registerOutputs({ publicService: this.publicService.metadata.name });
  }

  /** What a person uses next. */
  get usage() {
    const { name, namespace } = this.args;
    return {
      discoveryService: this.discoveryService.metadata.name,
      publicService: this.publicService.metadata.name,
      sql: pulumi.interpolate`kubectl exec -it -n ${namespace} ${name}-0 -- ${cockroach} sql ${securityOptions(this.args).join(" ")}`,
      adminUi: pulumi.interpolate`kubectl port-forward -n ${namespace} ${name}-0 ${cockroachPorts.http}`,
    };
  }

  private get waysDown(): string {
    const { name } = this.args;
    return (
      `By hand: \`kubectl exec ${name}-0 -- ${cockroach} node decommission ID ${securityOptions(this.args).join(" ")} ` +
      `--host=${name}-public\` for each, the highest first, then \`kubectl scale statefulset ${name} --replicas=N\`, ` +
      "`pulumi refresh`, and this edit again"
    );
  }

  private generateLoad(name: string, podLabels: Record<string, string>, after: pulumi.Resource): void {
    const { args } = this;
    const url = pulumi.interpolate`postgresql://root@${this.publicService.metadata.name}:${cockroachPorts.grpc}?${urlParameters(args)}`;
    const command = [cockroach, "workload", "run", "kv", "--init", "--tolerate-errors", "--max-rate=100", url];
    new k8s.apps.v1.Deployment(
      `${name}-load`,
      {
        metadata: { namespace: args.namespace, labels: podLabels },
        spec: {
          replicas: 1,
          selector: { matchLabels: podLabels },
          template: { metadata: { labels: podLabels }, spec: toolPod(args, { name: "load", command }) },
        },
      },
      { parent: this, dependsOn: after },
    );
  }
}
