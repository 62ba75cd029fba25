import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { CassandraPodArgs } from "../objects/podArgs";
import { cassandraPodSpec } from "../objects/podSpec";
import { configurationFile, scriptsConfigMap } from "../objects/configMaps";
import { Disk, isClaimed, outlivesPod } from "../objects/disk";
import { podMetadata, revisionOf } from "../objects/podMetadata";
import { ports } from "../objects/ports";
import { CassandraService } from "../objects/services";
import { CassandraYaml } from "../cassandra/cassandraYaml";
import { Certificates, CertManager } from "../objects/certificates";
import { ClusterChoice } from "../kubernetes/apiClient";
import { refuseNameOfOthers, toVolumes } from "../operations/clusterNames";
import { comparedCluster } from "../kubernetes/kubernetesCluster";
import { Identity, labels, selectorLabels } from "../objects/labels";
import { slowestMove } from "../operations/memberDecommission";
import { networkAccess, Peer } from "../objects/networkPolicy";
import { refuseWithoutSecrets } from "../operations/requiredSecrets";
import { refuseWhereRestricted } from "../objects/podSecurity";
import { quantity } from "../kubernetes/quantity";
import { setsOf } from "../objects/racks";
import { ringGuard, RingTopology } from "../operations/ringSnapshots";
import { RingRecord } from "../objects/ringRecord";
import { WorkloadMemory } from "../operations/replacementGuard";
import { PodMaker, refuseStrangers } from "../operations/foreignPods";
import { PasswordChange, Superuser } from "../operations/superuser";
import { certificateSecret, tellOfClientCertificates } from "../objects/tls";

/** Whether clients log in; with `none`, whoever reaches CQL may do everything. */
export const Auth = { Password: "password", None: "none" } as const;
export type Auth = (typeof Auth)[keyof typeof Auth];

export interface CassandraRingArgs extends CassandraPodArgs {
  /** Name of the ring: of its set, its Services and, where pods have fixed names, its pods. Unique in the namespace. */
  name: string;
  /** Namespace, which must exist. */
  namespace: pulumi.Input<string>;
  /** The cluster that the resources go to, for updates that look at pods. @default that of the default provider */
  cluster?: ClusterChoice;
  /** Who may reach CQL, where the cluster's network enforces policies. @default all pods of the namespace */
  clientsFrom?: Peer[];
  /** Whether clients log in. @default "password" */
  auth?: Auth;
  /** Role that may do everything, where clients log in. @default "admin" */
  superuser?: string;
  /** Its password, without quotes and spaces. @default 32 letters and digits, at random */
  superuserPassword?: pulumi.Input<string>;
  /**
   * Secret with certificates, with which members and clients encrypt what they send: `tls.crt`, `tls.key` in PKCS#8, and the
   * `ca.crt` that they trust. That authority must sign for this ring alone: whoever has a certificate of it is let in as a member.
   * Others are taken without a restart. @default nothing is encrypted
   */
  tlsSecret?: string;
  /** Has cert-manager make and renew that Secret. @default whoever made it does */
  certManager?: CertManager;
  /**
   * Minutes without progress after which a step of an update is given up, such as a member that leaves; it goes on by itself, and the
   * next update looks at it again. @default 15
   */
  stallTimeoutMinutes?: number;
  /**
   * Whether an edit may leave rows behind, as another `name` or `namespace` does: no ring can be renamed. Take it out again
   * afterwards. @default false
   */
  acceptDataLoss?: boolean;
}

const topologyOf: Record<PodMaker["kind"], RingTopology> = {
  StatefulSet: "persistent",
  ReplicationController: "ephemeral",
  DaemonSet: "daemon",
  Pod: "pod",
};

/** In what the topologies differ. */
interface Topology {
  /** The args as they were given, not yet looked at where they are known later. */
  given: CassandraRingArgs;
  /** Value of the component label. */
  topology: string;
  disk: Disk;
  /** What makes the pods, or is the one that there is. */
  maker: PodMaker["kind"];
  /** What the pods may look at beside the ring record. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
  /** Racks with a set each. @default none: all members are in the rack of the pod's arguments */
  racks?: string[];
  /** Whether the provider takes over what exists without being in the state. @default false */
  takesOver?: boolean;
  /** Pods that others have made. @default none: the ring has labels of its own, and makes all of them */
  adopted?: AdoptedPods;
}

interface AdoptedPods {
  /** Labels that they have and no other pod has. */
  selector: Record<string, string>;
  /** Whether they stay as they are, and are reached by whoever reached them before. */
  areKept: boolean;
  /** Takes an object over that is there. */
  takesOver: pulumi.ResourceTransform;
}

const types = ["SinglePod", "EphemeralCluster", "PersistentCluster", "DaemonCluster"].map(
  (name) => `cassandra:index:${name}`,
);

/** A ring of Cassandra members, whatever makes their pods: its Services, its record, and the template of its pods. */
export abstract class CassandraRing extends pulumi.ComponentResource {
  readonly service: CassandraService;
  /** Who may do everything; undefined where nobody has to log in. */
  readonly superuser?: Superuser;
  /** Service with a cluster IP, for clients. */
  abstract readonly clientService: k8s.core.v1.Service;
  /** Names in DNS for a driver to start from. */
  abstract readonly contactPoints: pulumi.Output<string[]>;
  /** One of its pods, as `kubectl exec` takes it: `cassandra-0`, `rc/cassandra`. */
  abstract readonly execTarget: string;

  private readonly tlsSecret?: string;
  protected readonly identity: Identity;
  protected readonly selector: Record<string, string>;
  /** Namespace and labels of every object of the ring. */
  protected readonly metadata: { namespace: pulumi.Input<string>; labels: Record<string, string> };
  protected readonly podSpec: k8s.types.input.core.v1.PodSpec;
  /** The same for a member in a rack, which is a zone. */
  protected readonly podSpecIn: (rack: string) => k8s.types.input.core.v1.PodSpec;
  protected readonly record: RingRecord;
  private readonly policy?: k8s.networking.v1.NetworkPolicy;
  private readonly guarded: pulumi.Output<pulumi.Resource[]>;
  /** What is known of its workloads by an earlier update. */
  protected readonly memory: WorkloadMemory;
  /** The cluster that it is in, as the provider sees it. */
  protected readonly cluster: ClusterChoice;

  protected constructor(
    type: string,
    name: string,
    args: CassandraRingArgs,
    { given, topology, disk, maker, rules, racks = [], adopted, takesOver = false }: Topology,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { hooks } = opts ?? {};
    const { choice: cluster, passed } = comparedCluster(name, args.cluster, opts);
    const beforeCreate = [
      ...(hooks?.beforeCreate ?? []),
      ...firstLook(name, { ...args, cluster }, { disk, maker, racks, adopted, takesOver }),
    ];
    const beforeUpdate = [...(hooks?.beforeUpdate ?? []), tellOfClientCertificates(name, args)];
    // Its inputs are what the hooks are told. They wait for no other arg: a ring that is refused is so before anything is made.
    const { namespace: place, clusterName, clientCertificates } = given;
    super(
      type,
      name,
      { namespace: place, clusterName, ...(clientCertificates === "required" && { clientCertificates }) },
      { ...opts, hooks: { ...hooks, beforeCreate, beforeUpdate } },
    );
    this.cluster = cluster;
    this.knowCluster(args);
    this.memory = new WorkloadMemory(name, this);
    this.guarded = ringGuard(name, topologyOf[maker], args, cluster, { parent: this, dependsOn: passed }).passed;
    // Everything in the ring has a namespace, and comes after that.
    const namespace = pulumi.all([args.namespace, this.guarded]).apply(([known]) => known);
    this.identity = { name: args.name, topology };
    this.selector = adopted?.selector ?? selectorLabels(this.identity);
    this.tlsSecret = args.tlsSecret;
    this.metadata = { namespace, labels: labels(this.identity) };

    this.service = new CassandraService(
      name,
      { ...this.identity, namespace, selector: this.selector, takesOver: adopted?.takesOver },
      {
        parent: this,
        // The Services have fixed names: when a stack moves to another topology, the new ring takes over those of the old one.
        aliases: types.map((other) => ({ parent: pulumi.createUrn(name, other, opts?.parent) })),
      },
    );
    if (!adopted?.areKept) {
      this.policy = networkAccess(
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
    }
    if (args.auth !== "none") {
      const { superuser: username = "admin", superuserPassword: password } = args;
      this.superuser = new Superuser(
        `${name}-superuser`,
        { ...this.identity, namespace, username, password, cluster, outlivesStack: outlivesPod(disk) },
        { parent: this },
      );
    }
    if (args.tlsSecret !== undefined && args.certManager !== undefined) {
      const { tlsSecret: secretName, certManager } = args;
      new Certificates(
        `${name}-tls`,
        {
          ...this.identity,
          namespace,
          secretName,
          dnsNames: this.dnsNames,
          ...certManager,
        },
        { parent: this },
      );
    }
    this.record = new RingRecord(
      name,
      {
        ...this.identity,
        namespace,
        rules: [...rules, ...(this.superuser ? [mayRead(this.superuser)] : [])],
        cluster,
        disk,
      },
      { parent: this },
    );
    const { cassandraYaml } = args;
    const shape = {
      needsLogin: this.superuser !== undefined,
      tls: args.tlsSecret === undefined ? undefined : (args.clientCertificates ?? "none"),
      racks: racks.length,
    };
    const yaml = (given?: CassandraYaml) => configurationFile(given, shape);
    // Of a plain one, preview shows what changes.
    const isHidden = pulumi.Output.isInstance(cassandraYaml);
    const scripts = new k8s.core.v1.ConfigMap(
      `${name}-scripts`,
      scriptsConfigMap(this.metadata, disk, isHidden ? {} : yaml(cassandraYaml)),
      { parent: this },
    );
    const configuration = isHidden
      ? new k8s.core.v1.Secret(
          `${name}-configuration`,
          { metadata: this.metadata, stringData: (cassandraYaml as pulumi.Output<CassandraYaml>).apply(yaml) },
          { parent: this },
        )
      : undefined;
    const binding = {
      name: args.name,
      sets: setsOf(args.name, racks),
      service: this.service.discovery.metadata.name,
      disk,
      record: this.record.configMapName,
      superuser: this.superuser?.secretName,
      tls: args.tlsSecret,
      scripts: scripts.metadata.name,
      configuration: configuration?.metadata.name,
      serviceAccountName: this.record.serviceAccountName,
      selector: this.selector,
    };
    this.podSpec = cassandraPodSpec(args, binding);
    this.podSpecIn = (rack) => cassandraPodSpec({ ...args, rack, zone: rack }, binding);
  }

  /**
   * For updates that look at pods: a provider does not tell which cluster it uses.
   * @throws {pulumi.ResourceError} with a provider of the caller's own and nothing said
   */
  private knowCluster({ name, cluster }: CassandraRingArgs): void {
    if (!this.getProvider("kubernetes:core/v1:Pod") || cluster) return;
    throw new pulumi.ResourceError(
      `${name}: with a kubernetes provider of your own, say in \`cluster\` which kubeconfig and context it uses; ` +
        "an update that moves rows must see the pods, and a provider does not tell",
      this,
    );
  }

  /**
   * For `dependsOn` of what makes the pods: nobody may reach the first of them whom the policy keeps out, all reach their record, and
   * what is remembered of them stays in the state for as long as they do.
   */
  protected get beforePods(): pulumi.Output<pulumi.Resource[]> {
    const first = [this.record.access, ...(this.policy ? [this.policy] : [])];
    return pulumi.all([this.guarded, this.memory.forDependents]).apply((known) => [...known.flat(), ...first]);
  }

  /** Hooks of what makes the pods: where none of them could start, it is refused. @param needs of this topology */
  protected mayAsk(
    name: string,
    { lockMemory, tlsSecret, certManager }: CassandraRingArgs,
    ...needs: { setting: string; need: string }[]
  ): pulumi.ResourceHook[] {
    const { cluster } = this;
    const lock = { setting: 'cassandra:lockMemory: "true"', need: "the capability IPC_LOCK" };
    return [
      ...refuseWhereRestricted(name, cluster, [...(lockMemory ? [lock] : []), ...needs]),
      // One that cert-manager is yet to make, the pods wait for.
      ...(tlsSecret === undefined || certManager
        ? []
        : [refuseWithoutSecrets(name, cluster, [certificateSecret(tlsSecret)])]),
    ];
  }

  /** The Service for clients, once the pods are there; and they take the password that the stack says. */
  protected serveClients(name: string, pods: pulumi.ResourceOptions["dependsOn"]): k8s.core.v1.Service {
    const { superuser, selector } = this;
    if (superuser) {
      new PasswordChange(
        `${name}-password`,
        {
          name: this.identity.name,
          namespace: this.metadata.namespace,
          selector,
          superuser,
          record: this.record.configMapName,
          cluster: this.cluster,
        },
        { parent: this, dependsOn: pods },
      );
    }
    return this.service.serveClients(pods);
  }

  /** What a person uses next. */
  get usage() {
    const isProtected = this.superuser !== undefined || this.tlsSecret !== undefined;
    const { namespace } = this.metadata;
    return {
      contactPoints: this.contactPoints,
      discoveryService: this.service.discovery.metadata.name,
      clientService: this.clientService.metadata.name,
      cqlsh: pulumi.interpolate`kubectl exec -it -n ${namespace} ${this.execTarget} -- ${isProtected ? "/ring/cqlsh.sh" : "cqlsh"}`,
      ...(this.superuser && { superuserSecret: this.superuser.secretName }),
      ...(this.tlsSecret && { tlsSecret: this.tlsSecret }),
      nodetool: pulumi.interpolate`kubectl exec -n ${namespace} ${this.execTarget} -- nodetool status`,
    };
  }

  /** From which revision of the template a pod was made: what no controller looks at is replaced by the next one otherwise. */
  protected get revision(): pulumi.Output<string> {
    return revisionOf(this.podSpec);
  }

  /** Labels and annotations of pods that carry their revision. */
  protected get podMetadata() {
    return podMetadata(this.identity, this.revision);
  }

  /** Names of the ring, of its pods and of its Service for clients. */
  private get dnsNames(): pulumi.Output<string[]> {
    const { name } = this.identity;
    return pulumi
      .output(this.metadata.namespace)
      .apply((namespace) => [
        "localhost",
        ...[name, `*.${name}`, `${name}-client`].map((host) => `${host}.${namespace}.svc.cluster.local`),
      ]);
  }

  /** The headless Service leads to every pod of the ring, so its name is all that a driver needs. */
  protected get discoveryName(): pulumi.Output<string[]> {
    return pulumi
      .all([this.service.discovery.metadata.name, this.metadata.namespace])
      .apply(([service, namespace]) => [`${service}.${namespace}.svc.cluster.local`]);
  }
}

/** Hooks of a ring that is new to the state: it is no other one that is there, nor named as one. */
function firstLook(
  name: string,
  { name: ring, cluster }: CassandraRingArgs & { cluster: ClusterChoice },
  { disk, maker: kind, racks, adopted, takesOver = false }: Omit<Topology, "given" | "topology" | "rules">,
): pulumi.ResourceHook[] {
  if (adopted || takesOver) return [];
  const sets = setsOf(ring, racks);
  // What folders of nodes hold, nobody can tell from here.
  const comesBack = isClaimed(disk) ? toVolumes(disk.template, sets) : () => Promise.resolve(outlivesPod(disk));
  const maker: PodMaker = { kind, names: isClaimed(disk) ? sets : [ring] };
  return [refuseStrangers(name, maker, cluster), refuseNameOfOthers(name, { ring, cluster, comesBack })];
}

/** The pods make the role of that name, and note the password that it has. */
function mayRead({ secretName }: Superuser): k8s.types.input.rbac.v1.PolicyRule {
  return { apiGroups: [""], resources: ["secrets"], resourceNames: [secretName], verbs: ["get", "patch"] };
}

/**
 * What pods without ordinal look at: each other, and whether one that is deleted is one of many or the whole ring goes. Their names are
 * made at random, and no role can narrow a list to labels. An EndpointSlice would tell less of others, but late: a member whose pod is
 * not in it yet would be taken for one that is gone for good.
 */
export function crowdRules(
  namespace: pulumi.Input<string>,
  maker: { apiGroups: string[]; resources: string[]; resourceNames: string[] },
): Topology["rules"] {
  return [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    mayLookAtNamespace(namespace),
    { ...maker, verbs: ["get"] },
  ];
}

/** One that is deleted loses its pods before what makes them. */
export function mayLookAtNamespace(namespace: pulumi.Input<string>): k8s.types.input.rbac.v1.PolicyRule {
  return { apiGroups: [""], resources: ["namespaces"], resourceNames: [namespace], verbs: ["get"] };
}

/**
 * Joins run one after another, so the time that `pulumi up` must grant grows with the members, and with the bytes that each has to
 * receive.
 * @param volumeSize what a member may hold, where it is known when the program runs @default nothing worth mentioning
 */
export function joinTimeouts(members: number, volumeSize?: pulumi.Input<string>): pulumi.CustomTimeouts {
  const most = typeof volumeSize === "string" ? (quantity(volumeSize) ?? 0) : 0;
  const minutes = `${10 + members * (5 + Math.ceil(most / slowestMove / 60))}m`;
  return { create: minutes, update: minutes };
}
