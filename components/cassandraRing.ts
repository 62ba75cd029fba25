import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  CassandraPodArgs,
  cassandraPodSpec,
  Disk,
  podScripts,
  ports,
  revisionAnnotation,
  revisionOf,
} from "./cassandraPod";
import { CassandraService } from "./cassandraService";
import { ClusterChoice } from "./cluster";
import { Identity, labels, selectorLabels } from "./labels";
import { networkAccess, Peer } from "./networkAccess";
import { RingRecord } from "./ringRecord";

export interface CassandraRingArgs extends CassandraPodArgs {
  /** Name of the ring: of its set, its Services and, where pods have fixed names, its pods. Unique in the namespace. */
  name: string;
  /** Namespace, which must exist. */
  namespace: pulumi.Input<string>;
  /** The cluster that the resources go to, for updates that look at pods. @default that of the default provider */
  cluster?: ClusterChoice;
  /** Who may reach CQL, where the cluster's network enforces policies. @default all pods of the namespace */
  clientsFrom?: Peer[];
}

/** In what the topologies differ. */
interface Topology {
  /** Value of the component label. */
  topology: string;
  disk: Disk;
  /** What the pods may look at beside the ring record. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
}

const types = ["SinglePod", "EphemeralCluster", "PersistentCluster", "DaemonCluster"].map(
  (name) => `cassandra:index:${name}`,
);

/** A ring of Cassandra members, whatever makes their pods: its Services, its record, and the template of its pods. */
export abstract class CassandraRing extends pulumi.ComponentResource {
  readonly service: CassandraService;
  /** Service with a cluster IP, for clients. */
  abstract readonly clientService: k8s.core.v1.Service;
  /** Names in DNS for a driver to start from. */
  abstract readonly contactPoints: pulumi.Output<string[]>;
  /** One of its pods, as `kubectl exec` takes it: `cassandra-0`, `rc/cassandra`. */
  abstract readonly execTarget: string;

  protected readonly identity: Identity;
  protected readonly selector: Record<string, string>;
  /** Namespace and labels of every object of the ring. */
  protected readonly metadata: { namespace: pulumi.Input<string>; labels: Record<string, string> };
  protected readonly podSpec: k8s.types.input.core.v1.PodSpec;
  protected readonly record: RingRecord;

  protected constructor(
    type: string,
    name: string,
    args: CassandraRingArgs,
    { topology, disk, rules }: Topology,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(type, name, {}, opts);
    const { namespace, cluster } = args;
    this.identity = { name: args.name, topology };
    this.selector = selectorLabels(this.identity);
    this.metadata = { namespace, labels: labels(this.identity) };

    this.service = new CassandraService(
      name,
      { ...this.identity, namespace },
      {
        parent: this,
        // The Services have fixed names: when a stack moves to another topology, the new ring takes over those of the old one.
        aliases: types.map((other) => ({ parent: pulumi.createUrn(name, other, opts?.parent) })),
      },
    );
    networkAccess(
      name,
      {
        metadata: this.metadata,
        selector: this.selector,
        members: [ports.intraNode, ports.tlsIntraNode],
        clients: [ports.cql],
        from: args.clientsFrom,
      },
      { parent: this },
    );
    this.record = new RingRecord(
      name,
      { ...this.identity, namespace, rules, cluster, outlivesStack: disk !== "emptyDir" && "claim" in disk },
      { parent: this },
    );
    const scripts = new k8s.core.v1.ConfigMap(
      `${name}-scripts`,
      { metadata: this.metadata, data: podScripts(disk, args.cassandraYaml) },
      { parent: this },
    );
    this.podSpec = cassandraPodSpec(args, {
      name: args.name,
      service: this.service.discovery.metadata.name,
      disk,
      record: this.record.configMapName,
      scripts: scripts.metadata.name,
      serviceAccountName: this.record.serviceAccountName,
      selector: this.selector,
    });
  }

  /**
   * For updates that look at pods: a provider does not tell which cluster it uses.
   * @throws {pulumi.ResourceError} with a provider of the caller's own and nothing said
   */
  protected knowCluster(cluster: ClusterChoice | undefined): void {
    if (!this.getProvider("kubernetes:core/v1:Pod") || cluster) return;
    throw new pulumi.ResourceError(
      `${this.identity.name}: with a kubernetes provider of your own, say in \`cluster\` which kubeconfig and context it uses; ` +
        "an update that moves rows must see the pods, and a provider does not tell",
      this,
    );
  }

  /** What a person uses next. */
  get usage() {
    const { namespace } = this.metadata;
    return {
      contactPoints: this.contactPoints,
      discoveryService: this.service.discovery.metadata.name,
      clientService: this.clientService.metadata.name,
      cqlsh: pulumi.interpolate`kubectl exec -it -n ${namespace} ${this.execTarget} -- cqlsh`,
      nodetool: pulumi.interpolate`kubectl exec -n ${namespace} ${this.execTarget} -- nodetool status`,
    };
  }

  /** From which revision of the template a pod was made: what no controller looks at is replaced by the next one otherwise. */
  protected get revision(): pulumi.Output<string> {
    return revisionOf(this.podSpec);
  }

  /** Labels and annotations of pods that carry their revision. */
  protected get podMetadata() {
    const annotations = { "kubectl.kubernetes.io/default-container": "cassandra", [revisionAnnotation]: this.revision };
    return { labels: labels(this.identity), annotations };
  }

  /** The headless Service leads to every pod of the ring, so its name is all that a driver needs. */
  protected get discoveryName(): pulumi.Output<string[]> {
    return pulumi
      .all([this.service.discovery.metadata.name, this.metadata.namespace])
      .apply(([service, namespace]) => [`${service}.${namespace}.svc.cluster.local`]);
  }
}

/** What pods without ordinal look at: each other, and whether one that is deleted is one of many or the whole ring goes. */
export function crowdRules(
  namespace: pulumi.Input<string>,
  maker?: { apiGroups: string[]; resources: string[]; resourceNames: string[] },
): Topology["rules"] {
  return [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    { apiGroups: [""], resources: ["namespaces"], resourceNames: [namespace], verbs: ["get"] },
    ...(maker ? [{ ...maker, verbs: ["get"] }] : []),
  ];
}

/** Joins run one after another, so the time that `pulumi up` must grant grows with the members. */
export function joinTimeouts(members: number): pulumi.CustomTimeouts {
  const minutes = `${10 + 5 * members}m`;
  return { create: minutes, update: minutes };
}
