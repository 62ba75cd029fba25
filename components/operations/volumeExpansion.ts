import type { KubernetesObject, V1PersistentVolumeClaim, V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { clearOf, Cluster, ClusterChoice, explain, nothingWhenNotFound } from "../kubernetes/apiClient";
import { lookAt } from "../engine/inspectOrWarn";
import { defaultStallTimeoutMinutes } from "../cassandra/podJob";
import { quantity } from "../kubernetes/quantity";
import { placeOf } from "../objects/racks";

/** Annotations of a StatefulSet: what its claim template says, which the provider is told to leave alone (`neverReplaced`). */
const sizeAnnotation = "cassandra/volume-size";
const classAnnotation = "cassandra/storage-class";
/** Annotation of a set that was made anew around its pods: the UID of the one before, which the state still holds. */
const formerUid = "cassandra/former-uid";

export interface VolumesArgs {
  /** Size of each pod's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** Class of the claims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
}

/** Annotations with which a StatefulSet tells the hook below what its claims are to be. */
export function volumeAnnotations({ volumeSize, storageClassName }: VolumesArgs): Record<string, pulumi.Input<string>> {
  return {
    [sizeAnnotation]: volumeSize,
    [classAnnotation]: pulumi.output(storageClassName).apply((name) => name ?? ""),
  };
}

/**
 * Options of every StatefulSet. These fields can never change, so the provider would delete the set for a change of one, and with it
 * its pods; and it would delete first. It is told to leave the fields as they are, and where something else still has it replace the
 * set (`--replace`, a taint, another cluster), to begin with the new one, which a hook refuses.
 * @param isLeft whether an edit may leave the set behind for one of another name, which is not to have the old one's
 */
export function neverReplaced(isLeft = false): { ignoreChanges: string[]; deleteBeforeReplace: false } {
  const ofName = ["spec.selector", "spec.serviceName"];
  const fixed = ["spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.volumeClaimTemplates"];
  return { ignoreChanges: [...(isLeft ? [] : ofName), ...fixed], deleteBeforeReplace: false };
}

export interface VolumeGrowthArgs {
  /** What errors call it: `ring cassandra`. */
  subject: string;
  /** Names of all its StatefulSets. */
  sets: string[];
  /** Name of the claim template. */
  claim: string;
  /** Whether the claim template is somebody else's and stays as it is. @default false */
  isKept?: boolean;
  /** Minutes without progress after which it is given up. @default 15 */
  stallTimeoutMinutes?: number;
  /** The cluster that they are in. @default that of the default provider */
  cluster?: ClusterChoice;
}

interface Metadata {
  name: string;
  namespace: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
interface SetInputs extends KubernetesObject {
  metadata: Metadata;
  spec: NonNullable<V1StatefulSet["spec"]>;
}
/** What the state has of a set: `__fieldManager` is the name under which the provider applies it. */
interface SetOutputs {
  metadata?: { uid?: string };
  __fieldManager?: string;
}

/** Whether a live object is the one of that UID, or was made anew in its place. */
export function isKnownAs(
  metadata: { uid?: string; annotations?: Record<string, string> },
  uid: string | undefined,
): boolean {
  return metadata.uid === uid || (uid !== undefined && metadata.annotations?.[formerUid] === uid);
}

/** What claims are, or are to be. */
interface Volumes {
  size: string;
  /** Empty: the cluster's default. */
  className: string;
}

const named = ({ className }: Volumes) => className || "(the cluster's default)";

/**
 * Hook of a StatefulSet: where its volumes are to be larger, or of another class, grows the claims that there are and makes the set
 * anew around its pods, which go on and belong to the new one: none restarts. No claim can change its class: that is for pods to
 * come. It compares the live set with what is asked for, so that an update that was cut off goes on, and a set that somebody took
 * away from around its pods is made again. A live set that is not the one of the state is refused.
 * @param parent line of `pulumi up` that it writes to
 */
export function volumesGrowFirst(name: string, args: VolumeGrowthArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const tell = (line: string) => pulumi.log.info(`${args.subject}: ${line}`, parent);
  return new pulumi.ResourceHook(
    `${name}-volumes-grow-first`,
    async ({ newInputs, oldInputs, oldOutputs }) => {
      const inputs = newInputs as SetInputs;
      const known = (oldInputs as SetInputs).spec.replicas!;
      const growth = await lookAt(
        `${args.subject}: StatefulSet ${inputs.metadata.name} and its volumes`,
        () => Growth.of(args, inputs, known, oldOutputs as SetOutputs | undefined),
        { parent },
      );
      if (!growth) return;
      growth.refuse();
      if (isDryRun) for (const line of growth.outlook()) await tell(line);
      else await growth.run(tell);
    },
    { onDryRun: true },
  );
}

/** One set, and what its volumes are to be. */
class Growth {
  private constructor(
    private readonly args: VolumeGrowthArgs,
    private readonly cluster: Cluster,
    private readonly inputs: SetInputs,
    private readonly state: SetOutputs,
    /** What is there; undefined when somebody took the set away. */
    private readonly live: V1StatefulSet | undefined,
    /** Claims of the set, of pods that there are and of others. */
    private readonly claims: V1PersistentVolumeClaim[],
    /** Classes of these claims that do not let volumes grow. */
    private readonly fixedClasses: string[],
    /** Pods that the set asks for, and where it is gone, those that it must not give up. */
    private readonly replicas: number,
  ) {}

  static async of(args: VolumeGrowthArgs, inputs: SetInputs, known: number, state: SetOutputs = {}): Promise<Growth> {
    const cluster = await Cluster.connect(args.cluster);
    const { name, namespace } = inputs.metadata;
    const [live, { items }, { items: pods }] = await Promise.all([
      cluster.apps.readNamespacedStatefulSet({ name, namespace }).catch(nothingWhenNotFound),
      cluster.core.listNamespacedPersistentVolumeClaim({ namespace }),
      cluster.core.listNamespacedPod({ namespace }),
    ]);
    const claims = items.filter(({ metadata }) => placeOf([`${args.claim}-${name}`], metadata!.name!) >= 0);
    const most = Math.max(known, ...pods.map(({ metadata }) => placeOf([name], metadata!.name!) + 1 || 0));
    const growing = new Growth(args, cluster, inputs, state, live, claims, [], live?.spec?.replicas ?? most);
    const classes = [...new Set(growing.small().map(({ spec }) => spec?.storageClassName ?? ""))];
    const fixed: string[] = [];
    for (const className of classes) {
      const allows = className && (await cluster.storage.readStorageClass({ name: className })).allowVolumeExpansion;
      if (!allows) fixed.push(className);
    }
    return new Growth(args, cluster, inputs, state, live, claims, fixed, growing.replicas);
  }

  /** What the stack asks for. */
  private get wanted(): Volumes {
    const { annotations = {} } = this.inputs.metadata;
    return { size: annotations[sizeAnnotation], className: annotations[classAnnotation] };
  }

  /** What the live set's template says. */
  private get present(): Volumes | undefined {
    const template = this.live?.spec?.volumeClaimTemplates?.find(({ metadata }) => metadata?.name === this.args.claim);
    const { resources, storageClassName = "" } = template?.spec ?? {};
    return template && { size: resources?.requests?.storage ?? "0", className: storageClassName };
  }

  /** Whether the set itself must be made anew. */
  private get isOther(): boolean {
    if (!this.live) return true;
    const { present, wanted } = this;
    if (this.args.isKept || !present) return false;
    // A default class is written into the claims, not into the template.
    return quantity(present.size) !== quantity(wanted.size) || present.className !== wanted.className;
  }

  /** Claims that are to grow. */
  private small(): V1PersistentVolumeClaim[] {
    if (this.args.isKept) return [];
    return this.claims.filter(({ spec }) => {
      const has = spec?.resources?.requests?.storage ?? "0";
      return quantity(has)! < quantity(this.wanted.size)!;
    });
  }

  /** @throws {Error} for what cannot be */
  refuse(): void {
    const { args, live, wanted, present, inputs, state } = this;
    const { name, namespace } = inputs.metadata;
    const known = state.metadata?.uid;
    if (live?.metadata && known && !isKnownAs(live.metadata, known)) {
      throw new Error(
        `StatefulSet ${namespace}/${name} is another one than the state of this stack holds (UID ${live.metadata.uid}, not ${known}); nothing was ` +
          "touched. If somebody made it anew, `pulumi refresh` takes it into the state; if the stack acts on another cluster than " +
          "before, point it at that one again",
      );
    }
    if (!this.isOther) return;
    if (present && quantity(wanted.size)! < quantity(present.size)!) {
      throw new Error(
        `cassandra:volumeSize: "${wanted.size}" is not allowed for ${args.subject}: its volumes are of ${present.size}, and no ` +
          `volume can shrink; allowed is ${present.size} or more`,
      );
    }
    if (present && this.replicas !== inputs.spec.replicas) {
      const [asked, there] = [inputs.spec.replicas!, this.replicas].map((replicas) => replicas * args.sets.length);
      throw new Error(
        `cassandra:replicas: ${asked} is not allowed together with other volumes: ${args.subject} has ${there} members; ` +
          `allowed is ${there}, and the other count in a later edit`,
      );
    }
    for (const className of this.fixedClasses) {
      throw new Error(
        `cassandra:volumeSize: no other size is allowed for ${args.subject}: class "${className}" of its volumes does not let them ` +
          "grow (allowVolumeExpansion)",
      );
    }
  }

  /** What will be done, a line for each; nothing where all is as it should be. */
  outlook(): string[] {
    const { live, present, wanted, inputs } = this;
    if (!live)
      return [
        `StatefulSet ${inputs.metadata.name} is gone from around its pods: it is made again, and none of them restarts`,
      ];
    if (!this.isOther || !present) return [];
    const larger = present.size !== wanted.size;
    const changes = [
      ...(larger ? [`volumeSize ${present.size} -> ${wanted.size}: the volumes grow while their members serve`] : []),
      ...(present.className !== wanted.className
        ? [
            `the volumes that there are stay of class ${named(present)}, those of members to come are of class ${named(wanted)}`,
          ]
        : []),
    ];
    return [[...changes, "the set is made anew around its pods, none of which restarts"].join("; ")];
  }

  async run(tell: (line: string) => Promise<void>): Promise<void> {
    // Volumes that were kept, of another size than their set's claims, are as they were found.
    if (!this.isOther) return;
    const { namespace } = this.inputs.metadata;
    const { size } = this.wanted;
    const body = [{ op: "replace", path: "/spec/resources/requests/storage", value: size }];
    const names = this.small().map(({ metadata }) => metadata!.name!);
    for (const name of names) await this.cluster.core.patchNamespacedPersistentVolumeClaim({ name, namespace, body });
    for (const name of names) {
      await this.grown(name);
      await tell(`${name} has ${size}`);
    }
    if (this.live) await this.takeAway(this.live);
    await this.make();
  }

  /** Takes the set away from around its pods. */
  private async takeAway({ metadata }: V1StatefulSet): Promise<void> {
    const set = { name: metadata!.name!, namespace: metadata!.namespace! };
    const body = { preconditions: { uid: metadata!.uid }, propagationPolicy: "Orphan" };
    await this.cluster.apps.deleteNamespacedStatefulSet({ ...set, body }).catch(nothingWhenNotFound);
    const isThere = async () => {
      const found = await this.cluster.apps.readNamespacedStatefulSet(set).catch(nothingWhenNotFound);
      return found && `its finalizers are ${found.metadata?.finalizers?.join(", ") || "none"}`;
    };
    await clearOf(isThere, this.minutes, 500).catch((error: Error) => {
      throw new Error(
        `StatefulSet ${set.name} is not gone from around its pods, which serve on, ${explain(error)}; \`pulumi up\` again once it is`,
      );
    });
  }

  /** Makes the set, of its live self but for the claims, under the name with which the provider applies what comes next. */
  private async make(): Promise<void> {
    const { inputs, live, wanted, replicas, args } = this;
    const { name, namespace } = inputs.metadata;
    const spec = live?.spec ?? inputs.spec;
    const { labels, annotations } = live?.metadata ?? inputs.metadata;
    // That of the state, which may have missed that the set was made anew once before.
    const uid = this.state.metadata?.uid ?? live?.metadata?.uid;
    const changes = (claim: string | undefined) => claim === args.claim && !args.isKept;
    const set = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name, namespace, labels, annotations: { ...annotations, ...(uid && { [formerUid]: uid }) } },
      spec: {
        ...spec,
        replicas,
        volumeClaimTemplates: spec.volumeClaimTemplates?.map(({ metadata, spec: claim }) => ({
          metadata: { name: metadata?.name, labels: metadata?.labels },
          spec: {
            accessModes: claim?.accessModes,
            storageClassName: (changes(metadata?.name) ? wanted.className : claim?.storageClassName) || undefined,
            resources: changes(metadata?.name) ? { requests: { storage: wanted.size } } : claim?.resources,
          },
        })),
      },
    };
    const applied = live?.metadata?.managedFields?.find(
      ({ manager, operation }) => operation === "Apply" && manager?.startsWith("pulumi"),
    );
    const manager = applied?.manager ?? this.state.__fieldManager ?? "pulumi";
    await this.cluster.apply(set, manager);
  }

  private get minutes(): number {
    return this.args.stallTimeoutMinutes ?? defaultStallTimeoutMinutes;
  }

  private async grown(name: string): Promise<void> {
    const { namespace } = this.inputs.metadata;
    const { size } = this.wanted;
    const lacks = async (): Promise<string | undefined> => {
      const { status } = await this.cluster.core.readNamespacedPersistentVolumeClaim({ name, namespace });
      const capacity = status?.capacity?.storage ?? "0";
      if (quantity(capacity)! >= quantity(size)!) return undefined;
      // Some drivers grow the file system only when the pod starts the next time: all that can be done now has been.
      if (status?.conditions?.some(({ type }) => type === "FileSystemResizePending")) return undefined;
      return `it has ${capacity} of ${size}`;
    };
    await clearOf(lacks, this.minutes).catch((error: Error) => {
      throw new Error(
        `${name} has not grown ${explain(error)}: \`kubectl describe pvc -n ${namespace} ${name}\` tells why; run \`pulumi up\` ` +
          "again once it has",
      );
    });
  }
}
