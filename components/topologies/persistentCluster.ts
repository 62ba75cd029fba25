import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { RingClient } from "../cassandra/ringClient";
import { type ClaimedDisk, outlivesPod } from "../objects/disk";
import { labels } from "../objects/labels";
import { type MemberServiceAccess, MemberServices } from "../objects/memberServices";
import { LocalVolumes } from "../objects/persistentVolumes";
import { podDisruptionBudget } from "../objects/podDisruptionBudget";
import { ofRacks, podAt, rackLabel, setsOf, warnOfRackWithoutNodes } from "../objects/racks";
import { orderedPodRules } from "../objects/rbac";
import { cassandraStatefulSet } from "../objects/statefulSet";
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
import { joinTimeouts } from "./joinTimeouts";
import { memberAddresses } from "./memberAddresses";
import type { PersistentClusterArgs } from "./persistentArgs";
import { podHooks } from "./ringHooks";

export type { PersistentClusterArgs };

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
    const { memberService } = args;
    const sets = setsOf(args.name, racks);
    const disk: ClaimedDisk = { kind: "persistentVolumeClaim", template: adopt ? tutorials.claim : "data" };
    const rules = orderedPodRules(sets, memberService !== undefined);
    const importObject = importExisting(args.cluster);
    const adopted = adopt && { selector: tutorials.selector, areKept: adopt === "kept", importExisting: importObject };
    const nodes = { racks, ...ofRacks(racks, rackNodeSelectors) };
    const layout = {
      given,
      topology: "persistent",
      disk,
      maker: "StatefulSet",
      rules,
      memberService,
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

    const pods = Array.from({ length: replicas }, (_, i) => podAt(sets, i));
    const members = memberService && this.makeMemberServices(name, pods, memberService);
    const first = [...this.makeLocalVolumes(name, args, ring), ...(members ? [members] : [])];
    this.statefulSets = this.makeStatefulSets(name, args, ring, first, importObject);
    const restarted = this.restartMembers(name, args, ring);
    const cleaned = new NodetoolCleanup(name, { ...ring, replicas, namespace }, { parent: this, dependsOn: restarted });
    const budget = new k8s.policy.v1.PodDisruptionBudget(name, podDisruptionBudget(metadata, selector), {
      parent: this,
    });
    this.clientService = this.serveClients(name, restarted);

    const last = [cleaned, budget, this.clientService].map(({ urn }) => urn);
    const isWhole = ringConverged({ ...ring, replicas, namespace, client: clientOf(ring) }, last, this);
    this.contactPoints = this.firstMembers(namespace, pods.slice(0, 3), isWhole);
    if (members) this.memberAddresses = memberAddresses(namespace, members.services, cluster, isWhole);
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

  private makeMemberServices(name: string, pods: string[], access: MemberServiceAccess): MemberServices {
    const { identity, selector } = this;
    const { namespace } = this.metadata;
    return new MemberServices(name, { ...identity, namespace, selector, pods, access }, { parent: this });
  }

  /** One StatefulSet, or one for each rack. @param first what the pods need */
  private makeStatefulSets(
    name: string,
    args: PersistentClusterArgs,
    ring: RingOfSets,
    first: pulumi.Resource[],
    importExisting: pulumi.ResourceTransform,
  ): k8s.apps.v1.StatefulSet[] {
    const { racks = [], adopt } = args;
    const dependsOn = this.beforePods.apply((all) => [...all, ...first]);
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

  /** Names in DNS of members, once the ring is whole. */
  private firstMembers(
    namespace: pulumi.Input<string>,
    pods: string[],
    isWhole: pulumi.Output<unknown>,
  ): pulumi.Output<string[]> {
    return pulumi
      .all([this.service.discovery.metadata.name, namespace, isWhole])
      .apply(([service, namespace]) => pods.map((pod) => `${pod}.${service}.${namespace}.svc`));
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
