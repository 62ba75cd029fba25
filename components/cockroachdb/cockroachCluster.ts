import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { verifiedCluster } from "../kubernetes/kubernetesCluster";
import { Identity, labels, ObjectMetadata, selectorLabels } from "../objects/labels";
import { type Egress, networkPolicy, type Peer, toolsPolicy } from "../objects/networkPolicy";
import { type LocalVolume, LocalVolumes } from "../objects/persistentVolumes";
import { podDisruptionBudget } from "../objects/podDisruptionBudget";
import type { VolumeRetention } from "../objects/storageClass";
import { mayChange } from "../operations/accountPermissions";
import { namespaceAfter, refuseForeignRing } from "../operations/foreignRings";
import { warnOfTooFewNodes } from "../operations/nodeRoom";
import { refuseUnadmittedPods } from "../operations/podAdmission";
import { refuseReplacement, WorkloadMemory } from "../operations/replacementGuard";
import { ringGuard } from "../operations/ringGuard";
import { neverReplaced } from "../operations/statefulSetVolumes";
import { expandVolumesFirst } from "../operations/volumeExpansion";
import { discoveryService, nodeStatefulSet, publicService } from "./cockroachObjects";
import { cockroach, cockroachPorts, securityOptions, waysDown } from "./cockroachOptions";
import { certificateHooks, identityOf, ownObjects, requiredPermissions, subjectOf, withHooks } from "./cockroachHooks";
import { type CockroachNodes, type CockroachPodArgs, dataVolume } from "./cockroachPod";
import { clientPod, initJob, loadDeployment, toolSelector } from "./cockroachTools";
import { refuseFewerNodes } from "./nodeCount";

export interface CockroachClusterArgs extends CockroachPodArgs {
  /** Name of the StatefulSet, its headless Service and its pods, unique in the namespace. */
  name: string;
  /** Namespace of all objects. It must exist. */
  namespace: pulumi.Input<string>;
  /** Nodes of the cluster, at least 1. */
  replicas: number;
  /** StorageClass of the volumes; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each node's volume, a Kubernetes quantity such as `10Gi`. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they stay */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes that become static volumes, at least one for each replica. @default none: the StorageClass provisions volumes */
  localVolumes?: LocalVolume[];
  /** Who may reach SQL and the admin UI, if the network of the cluster enforces policies. @default all pods of the namespace */
  clientsFrom?: Peer[];
  /**
   * Where nodes and tools may connect to. `members`: to the nodes and DNS alone, also where another policy of the namespace denies all
   * egress. @default "open": the cluster's policies do not restrict it
   */
  egress?: Egress;
  /** Whether there is a pod to run the SQL client in. @default false */
  sqlClient?: boolean;
  /** Whether a Deployment keeps the cluster busy. @default false */
  loadGenerator?: boolean;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The Kubernetes cluster that the provider uses, for updates that look at it. @default that of the default provider */
  cluster?: KubeContext;
  /**
   * Whether an edit may abandon data, as another `name` or `namespace` does: no cluster can be renamed. Remove it again after the edit.
   * @default false
   */
  acceptDataLoss?: boolean;
}

/** A CockroachDB cluster: a StatefulSet with a volume for each node, its Services, and the Job that forms the cluster once. */
export class CockroachCluster extends pulumi.ComponentResource {
  readonly statefulSet: k8s.apps.v1.StatefulSet;
  /** Headless Service, named as the cluster. It gives each node a name in DNS, whether the node is ready or not. */
  readonly discoveryService: k8s.core.v1.Service;
  /** Service with a cluster IP, `<name>-public`: leads to the nodes that serve SQL. */
  readonly publicService: k8s.core.v1.Service;

  private readonly args: CockroachClusterArgs;
  private readonly identity: Identity;
  private readonly selector: Record<string, string>;
  private readonly metadata: ObjectMetadata;
  private readonly cluster: KubeContext;
  private readonly memory: WorkloadMemory;

  constructor(name: string, given: CockroachClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("CockroachCluster", name, given);
    const { kubeContext: cluster, passed } = verifiedCluster(name, args.cluster, opts);
    // The namespace waits for no other arg, so that a refused cluster makes nothing.
    const { namespace: hookNamespace, podSecurity } = given;
    const hookInputs = { namespace: hookNamespace, ...(podSecurity === "openshift" && { podSecurity }) };
    super("cassandra:index:CockroachCluster", name, hookInputs, withHooks(name, args, cluster, opts));
    this.args = args;
    this.cluster = cluster;
    this.identity = identityOf(args);
    this.selector = selectorLabels(this.identity);
    this.memory = new WorkloadMemory(name, this);
    const guard = ringGuard(name, "cockroachdb", args, cluster, { parent: this, dependsOn: passed });
    // Everything in the cluster has a namespace, so that nothing is made before the guard has passed.
    const namespace = pulumi.all([args.namespace, guard.passed]).apply(([known]) => known);
    const { identity, selector } = this;
    const tools = toolSelector(identity);
    const parent = { parent: this };

    const ownLabels = labels(identity);
    const discovery = discoveryService({ namespace, labels: ownLabels }, identity);
    const hooks = { beforeCreate: [refuseForeignRing(name, ownObjects(identity), cluster)] };
    this.discoveryService = new k8s.core.v1.Service(name, discovery, { parent: this, hooks });
    // The Service is the first object, whose hook refuses the name of another ring.
    const metadata = { namespace: namespaceAfter(this.discoveryService, namespace), labels: ownLabels };
    this.metadata = metadata;
    // The name alone, so that it is right whatever the DNS domain of the Kubernetes cluster is.
    const nodes: CockroachNodes = { name: args.name, domain: this.discoveryService.metadata.name, selector };
    const { clientsFrom: from, egress } = args;
    const access = { metadata, selector, members: [], clients: Object.values(cockroachPorts), from, egress };
    const policy = new k8s.networking.v1.NetworkPolicy(name, networkPolicy({ ...access, tools }), parent);
    const toolPolicy = new k8s.networking.v1.NetworkPolicy(`${name}-tools`, toolsPolicy(tools, access), parent);
    const tool = { parent: this, dependsOn: toolPolicy };
    // Nodes are not ready before they have formed a cluster, so the Job does not wait for them.
    new k8s.batch.v1.Job(`${name}-init`, initJob(metadata, identity, args, nodes), tool);
    const volumes = this.makeLocalVolumes(name);
    const first = pulumi
      .all([guard.passed, this.memory.forDependents])
      .apply((known) => [...known.flat(), policy, ...volumes]);
    this.statefulSet = this.makeStatefulSet(name, nodes, first);
    new k8s.policy.v1.PodDisruptionBudget(name, podDisruptionBudget(metadata, selector), parent);
    const served = { parent: this, dependsOn: this.statefulSet };
    this.publicService = new k8s.core.v1.Service(`${name}-public`, publicService(metadata, identity), served);
    if (args.sqlClient) new k8s.core.v1.Pod(`${name}-client`, clientPod(metadata, identity, args), tool);
    if (args.loadGenerator) {
      const deployment = loadDeployment(metadata.namespace, identity, args, this.publicService.metadata.name);
      new k8s.apps.v1.Deployment(`${name}-load`, deployment, tool);
    }
    this.memory.remember([this.statefulSet]);
    this.registerOutputs({ publicService: this.publicService.metadata.name });
  }

  private makeLocalVolumes(name: string): pulumi.Resource[] {
    const { args, identity } = this;
    const { localVolumes: disks, volumeSize, storageClassName, volumeRetention } = args;
    if (!disks) return [];
    const { namespace } = this.metadata;
    const volumes = { namespace, claim: dataVolume, disks, volumeSize, storageClassName, volumeRetention };
    return [new LocalVolumes(name, { ...identity, sets: [args.name], ...volumes }, { parent: this })];
  }

  /** @param first what must exist before the first node */
  private makeStatefulSet(
    name: string,
    nodes: CockroachNodes,
    first: pulumi.Output<pulumi.Resource[]>,
  ): k8s.apps.v1.StatefulSet {
    const { args, memory, cluster } = this;
    const { takesOver = false } = args;
    const growth = { subject: subjectOf(args), sets: [args.name], claim: dataVolume, cluster };
    const count = refuseFewerNodes(name, {
      ...growth,
      waysDown: (namespace) => waysDown(args.name, namespace, dataVolume, args),
    });
    const workload = { apiVersion: "apps/v1", kind: "StatefulSet" } as const;
    const pods = { subject: subjectOf(args), selector: this.selector, cluster };
    const canStart = [
      ...certificateHooks(name, args, cluster),
      refuseUnadmittedPods(name, pods, this),
      warnOfTooFewNodes(name, pods, this),
    ];
    return new k8s.apps.v1.StatefulSet(name, nodeStatefulSet(this.metadata, this.identity, args, nodes), {
      parent: this,
      dependsOn: first,
      ...neverReplaced(args.acceptDataLoss),
      hooks: {
        beforeCreate: [
          refuseReplacement(name, { memory, workload, takesOver, cluster }),
          ...canStart,
          ...count.beforeCreate,
        ],
        beforeUpdate: [
          mayChange(name, requiredPermissions(args, cluster), "statefulSets", this),
          ...canStart,
          expandVolumesFirst(name, growth, this),
          ...count.beforeUpdate,
        ],
      },
    });
  }

  /** What a person uses next: names of Services, and command lines. */
  get usage() {
    const { name, namespace } = this.args;
    return {
      discoveryService: this.discoveryService.metadata.name,
      publicService: this.publicService.metadata.name,
      sql: pulumi.interpolate`kubectl exec -it -n ${namespace} ${name}-0 -- ${cockroach} sql ${securityOptions(this.args).join(" ")}`,
      adminUi: pulumi.interpolate`kubectl port-forward -n ${namespace} ${name}-0 ${cockroachPorts.http}`,
    };
  }
}
