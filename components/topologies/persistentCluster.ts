import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { AdoptedTemplate, Adoption, importIfThere, tutorials } from "../operations/adoption";
import { CassandraRing, CassandraRingArgs, joinTimeouts } from "./cassandraRing";
import { checkedArgs } from "../args/checkedArgs";
import { CleanUp } from "../operations/nodetoolCleanup";
import { labels } from "../objects/labels";
import { LocalVolume, LocalVolumes } from "../objects/persistentVolumes";
import { refuseReplacement } from "../operations/replacementGuard";
import { podAt, rackLabel, setsOf, warnOfEmptyZone } from "../objects/racks";
import { whenWhole } from "../operations/convergence";
import { RingClient } from "../cassandra/ringClient";
import { restartsOnDelete, RollingUpdate } from "../operations/rollingRestart";
import { membersLeaveFirst } from "../operations/decommission";
import { VolumeRetention } from "../objects/storageClass";
import { snapshotBeforeUpgrade } from "../operations/upgrade";
import { neverReplaced, volumeAnnotations, volumesGrowFirst } from "../operations/volumeExpansion";

export interface PersistentClusterArgs extends CassandraRingArgs {
  /** Members of the ring, at least 1. Known when the program runs: it decides what an edit means for the data. */
  replicas: number;
  /**
   * Zones, each a rack with a StatefulSet of its own and as many members as every other; `replicas` is a multiple of their
   * number. They and their order can never change. @default one set, whose pods the scheduler spreads
   */
  racks?: string[];
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
  /** Size of each member's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** What becomes of the volumes at `pulumi destroy`. @default "retain": they outlive it */
  volumeRetention?: VolumeRetention;
  /** Disks of nodes to make static volumes of, at least one for each member. @default none: volumes are provisioned as asked for */
  localVolumes?: LocalVolume[];
  /**
   * Takes over the StatefulSet and the Service of that name, made by manifests of the Kubernetes tutorials, with their pods as they
   * are (`kept`), or to restart these with the template below (`own`). It stays set from then on. @default nothing is there
   */
  adopt?: AdoptedTemplate;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
}

/** A ring whose members keep their rows on a volume each: a StatefulSet, or one for each rack, their Services, their record. */
export class PersistentCluster extends CassandraRing {
  readonly statefulSets: k8s.apps.v1.StatefulSet[];
  readonly clientService: k8s.core.v1.Service;
  /** DNS names of the first members, at most three. */
  readonly contactPoints: pulumi.Output<string[]>;
  readonly execTarget: string;

  constructor(name: string, given: PersistentClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("PersistentCluster", name, given);
    const topology = "persistent";
    const { racks = [], volumeRetention = "retain" } = args;
    const sets = setsOf(args.name, racks);
    const rules = [
      // How many members the first ring has: it is in no pod's environment, or every scaling would restart every pod.
      { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: sets, verbs: ["get"] },
      // Each member makes its claim an owner of the record, so that the record goes with the last of them.
      { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
    ];
    const { adopt } = args;
    const claim = adopt ? tutorials.claim : "data";
    const takesOver = importIfThere(args.cluster);
    const adopted = adopt && { selector: tutorials.selector, areKept: adopt === "kept", takesOver };
    const adoption =
      adopt &&
      new Adoption(
        name,
        {
          ...args,
          podTemplate: adopt,
          numTokens: args.numTokens ?? 16,
          protection: { auth: args.auth ?? "password", tls: args.tlsSecret === undefined ? "none" : "secret" },
        },
        opts,
      );
    super(
      "cassandra:index:PersistentCluster",
      name,
      args,
      {
        given,
        topology,
        disk: { kind: "persistentVolumeClaim", template: claim },
        maker: "StatefulSet",
        rules,
        racks,
        adopted,
        takesOver: args.takesOver,
      },
      adoption ? { ...opts, dependsOn: adoption.passed } : opts,
    );
    const { cluster } = this;
    this.execTarget = podAt(sets, 0);

    const ring = {
      name: args.name,
      sets,
      selector: this.selector,
      claim,
      cluster,
      isAdopted: adopt !== undefined,
      stallTimeoutMinutes: args.stallTimeoutMinutes,
    };
    const { localVolumes: disks } = args;
    const volumes =
      disks && new LocalVolumes(name, { ...args, ...this.identity, sets, disks, claim }, { parent: this });

    const before = this.beforePods.apply((all) => [...all, ...(volumes ? [volumes] : [])]);
    const mayAsk = this.mayAsk(name, args);
    const leaving = membersLeaveFirst(name, { ...ring, takesOver: args.takesOver ?? false }, this);
    const snapshot = snapshotBeforeUpgrade(name, { ...ring, keepsDisks: true }, this);

    const subject = `ring ${args.name}`;
    // The claim template of a set that was adopted stays as it is: `Adoption` refuses another size.
    const volumesGrow = volumesGrowFirst(name, { ...ring, subject, isKept: adopt !== undefined }, this);
    const isNotReplaced = refuseReplacement(name, {
      memory: this.memory,
      workload: { apiVersion: "apps/v1", kind: "StatefulSet" },
      // Of one that is nobody's, `leaving` tells, which knows its members.
      takesOver: true,
      cluster,
    });
    const restarts = [restartsOnDelete(name, cluster)];
    const never = neverReplaced(args.acceptDataLoss);

    this.statefulSets = setsOf(name, racks).map((logicalName, i) => {
      const rack: string | undefined = racks[i];
      const ofRack: Record<string, string> = rack === undefined ? {} : { [rackLabel]: rack };
      const metadata = { ...this.metadata, name: sets[i] };
      return new k8s.apps.v1.StatefulSet(
        logicalName,
        {
          metadata: {
            ...metadata,
            labels: { ...metadata.labels, ...ofRack },
            ...(!adopt && { annotations: volumeAnnotations(args) }),
          },
          spec: {
            replicas: args.replicas / sets.length,
            serviceName: this.service.discovery.metadata.name,
            selector: { matchLabels: { ...this.selector, ...ofRack } },
            // It can never change without replacing the set, and a first ring formed in parallel is ready eight times sooner.
            // Later joins are put in order inside the pods (decide_bootstrap.py).
            podManagementPolicy: "Parallel",
            // For a disruption budget: a member that serves again is not seen by all others at once, and with three copies a QUORUM
            // request fails where two of them are not.
            minReadySeconds: 10,
            // A set that rolls by itself takes its last pod away although another one does not serve (Kubernetes 96218), and each of
            // several does without regard to the others: members are restarted below.
            updateStrategy: { type: "OnDelete" },
            persistentVolumeClaimRetentionPolicy: {
              whenDeleted: volumeRetention === "retain" ? "Retain" : "Delete",
              // Never by scaling alone: whoever scales by hand would lose the rows of a member that was not asked to leave.
              whenScaled: "Retain",
            },
            template: {
              metadata: { ...this.podMetadata, labels: { ...this.podMetadata.labels, ...ofRack } },
              spec: rack === undefined ? this.podSpec : this.podSpecIn(rack),
            },
            volumeClaimTemplates: [
              {
                metadata: { name: claim, labels: labels(this.identity) },
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
          dependsOn: before,
          ...(adopt && { transforms: [takesOver] }),
          ...never,
          ignoreChanges: [
            ...never.ignoreChanges,
            ...(adopt === "kept" ? ["spec.template"] : []),
            // A preview cannot try what the last hook below makes way for.
            ...(pulumi.runtime.isDryRun() ? ["spec.updateStrategy"] : []),
          ],
          hooks: {
            beforeCreate: [
              isNotReplaced,
              ...mayAsk,
              ...(rack === undefined ? [] : [warnOfEmptyZone(logicalName, rack, cluster, this)]),
              ...leaving.beforeCreate,
              ...restarts,
            ],
            beforeUpdate: [...mayAsk, volumesGrow, snapshot, ...leaving.beforeUpdate, ...restarts],
          },
          customTimeouts: joinTimeouts(args.replicas, args.volumeSize),
        },
      );
    });

    const { replicas, namespace } = args;
    // A template that is kept is nobody's to roll.
    const rolled =
      adopt === "kept"
        ? undefined
        : new RollingUpdate(
            name,
            { ...ring, namespace, replicas, revision: this.revision },
            { parent: this, dependsOn: this.statefulSets },
          );
    // Not `rolled` itself: of a component, Pulumi waits for the objects in it, and here there are none.
    const afterRolling = rolled ? rolled.urn.apply(() => this.statefulSets) : this.statefulSets;
    const cleaned = new CleanUp(name, { ...ring, replicas, namespace }, { parent: this, dependsOn: afterRolling });
    const budget = new k8s.policy.v1.PodDisruptionBudget(
      name,
      { metadata: this.metadata, spec: { maxUnavailable: 1, selector: { matchLabels: this.selector } } },
      { parent: this },
    );

    this.clientService = this.serveClients(name, afterRolling);
    const last = [cleaned, budget, this.clientService].map(({ urn }) => urn);
    const client = (namespace: string) => new RingClient(cluster, { ...ring, namespace });
    const isWhole = whenWhole({ ...ring, replicas, namespace, client }, last, this);
    this.contactPoints = pulumi
      .all([this.service.discovery.metadata.name, namespace, isWhole])
      .apply(([service, namespace]) =>
        Array.from(
          { length: Math.min(replicas, 3) },
          (_, i) => `${podAt(sets, i)}.${service}.${namespace}.svc.cluster.local`,
        ),
      );
    this.memory.remember(this.statefulSets);
    this.registerOutputs({ contactPoints: this.contactPoints });
  }
}
