import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { RingClient } from "../cassandra/ringClient";
import { type ClaimedDisk, outlivesPod } from "../objects/disk";
import { labels } from "../objects/labels";
import { LocalVolume, LocalVolumes } from "../objects/persistentVolumes";
import { podDisruptionBudget } from "../objects/podDisruptionBudget";
import { ofRacks, podAt, rackLabel, setsOf, warnOfRackWithoutNodes } from "../objects/racks";
import { orderedPodRules } from "../objects/rbac";
import { cassandraStatefulSet } from "../objects/statefulSet";
import type { VolumeRetention } from "../objects/storageClass";
import { AdoptedTemplate, Adoption, importExisting, tutorials } from "../operations/adoption";
import { ringConverged } from "../operations/convergence";
import { decommissionBeforeScaling } from "../operations/decommission";
import { NodetoolCleanup } from "../operations/nodetoolCleanup";
import { refuseReplacement } from "../operations/replacementGuard";
import { restartsOnDelete } from "../operations/restartsOnDelete";
import { RollingRestart } from "../operations/rollingRestart";
import { snapshotBeforeUpgrade } from "../operations/upgrade";
import { neverReplaced, volumeAnnotations } from "../operations/statefulSetVolumes";
import { expandVolumesFirst } from "../operations/volumeExpansion";
import { CassandraRing } from "./cassandraRing";
import type { CassandraRingArgs } from "./ringArgs";
import { joinTimeouts } from "./joinTimeouts";
import { podHooks } from "./ringHooks";

export interface PersistentClusterArgs extends CassandraRingArgs {
  /** Members of the ring, at least 1. Known when the program runs: it decides what an edit means for the data. */
  replicas: number;
  /**
   * Racks, each with a StatefulSet of its own. All racks have as many members, so that `replicas` is a multiple of the number of racks.
   * The racks and their order can never change. @default one StatefulSet, whose pods the scheduler spreads
   */
  racks?: string[];
  /** Labels of the nodes of racks that are no zones, by the name of the rack. @default the zone (topology.kubernetes.io/zone) of its name */
  rackNodeSelectors?: Record<string, Record<string, string>>;
  /** StorageClass of the volumes; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each member's volume, a Kubernetes quantity such as `10Gi`. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they stay */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes that become static volumes, at least one for each member. @default none: the StorageClass provisions volumes */
  localVolumes?: LocalVolume[];
  /**
   * Takes over the StatefulSet and the Service of that name that manifests of the Kubernetes tutorials have made. Their pods stay as they
   * are (`kept`), or restart with the template of this component (`own`). Keep it set from then on. @default there is nothing to take over
   */
  adopt?: AdoptedTemplate;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/** The StatefulSets of a ring, as the operations on a running ring know them. */
interface RingOfSets {
  name: string;
  sets: string[];
  selector: Record<string, string>;
  claim: string;
  cluster: CassandraRing["cluster"];
  isAdopted: boolean;
  stallTimeoutMinutes?: number;
}

/** A ring whose members keep their data on a volume each: a StatefulSet, or one for each rack, with their Services and their record. */
export class PersistentCluster extends CassandraRing {
  readonly statefulSets: k8s.apps.v1.StatefulSet[];
  readonly clientService: k8s.core.v1.Service;
  /** DNS names of the first members, at most three. */
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: PersistentClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("PersistentCluster", name, given);
    const { racks = [], rackNodeSelectors, replicas, namespace, adopt, takesOver, stallTimeoutMinutes } = args;
    const sets = setsOf(args.name, racks);
    const disk: ClaimedDisk = { kind: "persistentVolumeClaim", template: adopt ? tutorials.claim : "data" };
    const rules = orderedPodRules(sets);
    const importObject = importExisting(args.cluster);
    const adopted = adopt && { selector: tutorials.selector, areKept: adopt === "kept", importExisting: importObject };
    const nodes = { racks, ...ofRacks(racks, rackNodeSelectors) };
    const layout = {
      given,
      topology: "persistent",
      disk,
      maker: "StatefulSet",
      rules,
      ...nodes,
      adopted,
      takesOver,
    } as const;
    const adoption = adopt && makeAdoption(name, adopt, args, opts);
    super(
      "cassandra:index:PersistentCluster",
      name,
      args,
      layout,
      adoption ? { ...opts, dependsOn: adoption.passed } : opts,
    );
    this.execTarget = podAt(sets, 0);
    const { selector, cluster, metadata } = this;
    const isAdopted = adopt !== undefined;
    const ring = { name: args.name, sets, selector, claim: disk.template, cluster, isAdopted, stallTimeoutMinutes };

    const volumes = this.makeLocalVolumes(name, args, ring);
    this.statefulSets = this.makeStatefulSets(name, args, ring, volumes, importObject);
    const restarted = this.restartMembers(name, args, ring);
    const cleaned = new NodetoolCleanup(name, { ...ring, replicas, namespace }, { parent: this, dependsOn: restarted });
    const budget = new k8s.policy.v1.PodDisruptionBudget(name, podDisruptionBudget(metadata, selector), {
      parent: this,
    });
    this.clientService = this.serveClients(name, restarted);

    const last = [cleaned, budget, this.clientService].map(({ urn }) => urn);
    const isWhole = ringConverged({ ...ring, replicas, namespace, client: clientOf(ring) }, last, this);
    this.contactPoints = this.firstMembers(namespace, sets, replicas, isWhole);
    this.memory.remember(this.statefulSets);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }

  private makeLocalVolumes(name: string, args: PersistentClusterArgs, { sets, claim }: RingOfSets) {
    const { localVolumes: disks, volumeSize, storageClassName, volumeRetention } = args;
    if (!disks) return [];
    const { namespace } = this.metadata;
    const volumes = { namespace, sets, claim, disks, volumeSize, storageClassName, volumeRetention };
    return [new LocalVolumes(name, { ...this.identity, ...volumes }, { parent: this })];
  }

  /** One StatefulSet, or one for each rack. */
  private makeStatefulSets(
    name: string,
    args: PersistentClusterArgs,
    ring: RingOfSets,
    volumes: pulumi.Resource[],
    importExisting: pulumi.ResourceTransform,
  ): k8s.apps.v1.StatefulSet[] {
    const { racks = [], adopt } = args;
    const dependsOn = this.beforePods.apply((all) => [...all, ...volumes]);
    const hooksOf = this.statefulSetHooks(name, args, ring);
    const never = neverReplaced(args.acceptDataLoss);
    const ignoreChanges = [
      ...never.ignoreChanges,
      ...(adopt === "kept" ? ["spec.template"] : []),
      // A dry run against the API server fails before `restartsOnDelete` has made way for the change.
      ...(pulumi.runtime.isDryRun() ? ["spec.updateStrategy"] : []),
    ];
    return setsOf(name, racks).map((logicalName, i) => {
      const rack: string | undefined = racks[i];
      const ofRack: Record<string, string> = rack === undefined ? {} : { [rackLabel]: rack };
      return new k8s.apps.v1.StatefulSet(
        logicalName,
        cassandraStatefulSet({
          metadata: {
            namespace: this.metadata.namespace,
            name: ring.sets[i],
            labels: { ...this.metadata.labels, ...ofRack },
            ...(!adopt && { annotations: volumeAnnotations(args) }),
          },
          replicas: args.replicas / ring.sets.length,
          serviceName: this.service.discovery.metadata.name,
          selector: { ...this.selector, ...ofRack },
          template: this.podTemplate.ofRack(rack),
          volume: { ...args, template: ring.claim, labels: labels(this.identity) },
        }),
        {
          parent: this,
          dependsOn,
          ...(adopt && { transforms: [importExisting] }),
          ...never,
          ignoreChanges,
          hooks: hooksOf(logicalName, rack),
          customTimeouts: joinTimeouts(args.replicas, args.volumeSize),
        },
      );
    });
  }

  /** What happens before a StatefulSet is created or updated, by its logical name and its rack. */
  private statefulSetHooks(name: string, args: PersistentClusterArgs, ring: RingOfSets) {
    const { cluster, disk, memory, permissions } = this;
    const { takesOver = false } = args;
    const workload = { apiVersion: "apps/v1", kind: "StatefulSet" } as const;
    const pods = {
      selector: ring.selector,
      sets: ring.sets.length,
      cluster,
      permissions,
      maker: workload.kind,
      parent: this,
    };
    const canStart = podHooks(name, args, pods);
    const leaving = decommissionBeforeScaling(name, { ...ring, takesOver }, this);
    const snapshot = snapshotBeforeUpgrade(
      name,
      { ...ring, keepsDisks: outlivesPod(disk), client: clientOf(ring) },
      this,
    );
    // An adopted StatefulSet keeps its volume claim template: `Adoption` refuses another volume size.
    const growth = { ...ring, subject: `ring ${args.name}`, isKept: ring.isAdopted };
    const volumesGrow = expandVolumesFirst(name, growth, this);
    // A StatefulSet that is not in the state is left to `leaving`, which knows its members.
    const isNotReplaced = refuseReplacement(name, { memory, workload, takesOver: true, cluster });
    const restarts = restartsOnDelete(name, cluster);
    return (logicalName: string, rack: string | undefined) => ({
      beforeCreate: [
        isNotReplaced,
        ...canStart.beforeCreate,
        ...(rack === undefined
          ? []
          : [warnOfRackWithoutNodes(logicalName, rack, args.rackNodeSelectors, cluster, this)]),
        ...leaving.beforeCreate,
        restarts,
      ],
      beforeUpdate: [...canStart.beforeUpdate, volumesGrow, snapshot, ...leaving.beforeUpdate, restarts],
    });
  }

  /**
   * Restarts the members that were made from another template, one at a time.
   * @returns what to depend on to come after that. It is not the component itself: for a component, Pulumi waits for the resources in it,
   *   and this one has none.
   */
  private restartMembers(name: string, args: PersistentClusterArgs, ring: RingOfSets) {
    // The members of an adopted StatefulSet keep the template that others have made.
    if (args.adopt === "kept") return this.statefulSets;
    const { replicas, namespace } = args;
    const rolled = new RollingRestart(
      name,
      { ...ring, namespace, replicas, revision: this.podTemplate.revision },
      { parent: this, dependsOn: this.statefulSets },
    );
    return rolled.urn.apply(() => this.statefulSets);
  }

  /** Names in DNS of the first members, at most three, once the ring is whole. */
  private firstMembers(
    namespace: pulumi.Input<string>,
    sets: string[],
    replicas: number,
    isWhole: pulumi.Output<unknown>,
  ): pulumi.Output<string[]> {
    const ordinals = Array.from({ length: Math.min(replicas, 3) }, (_, i) => i);
    return pulumi
      .all([this.service.discovery.metadata.name, namespace, isWhole])
      .apply(([service, namespace]) => ordinals.map((i) => `${podAt(sets, i)}.${service}.${namespace}.svc`));
  }
}

/** Checks the StatefulSet to take over before anything is made. */
function makeAdoption(
  name: string,
  podTemplate: AdoptedTemplate,
  args: PersistentClusterArgs,
  opts: pulumi.ComponentResourceOptions | undefined,
): Adoption {
  const protection = { auth: args.auth ?? "password", tls: args.tlsSecret === undefined ? "none" : "secret" } as const;
  return new Adoption(name, { ...args, podTemplate, numTokens: args.numTokens ?? 16, protection }, opts);
}

const clientOf = (ring: RingOfSets) => (namespace: string) => new RingClient(ring.cluster, { ...ring, namespace });
