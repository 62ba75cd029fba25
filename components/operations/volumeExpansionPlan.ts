import type { KubernetesObject, V1PersistentVolumeClaim, V1StatefulSet } from "@kubernetes/client-node";
import { propertyName } from "../engine/propertyNames";
import { KubeContext } from "../kubernetes/kubeconfig";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { wholeBytes } from "../kubernetes/quantity";
import { ringOrdinalOf } from "../objects/racks";
import { classAnnotation, isKnownAs, sizeAnnotation } from "./statefulSetVolumes";

export interface VolumeExpansionArgs {
  /** The ring, as errors name it: `ring cassandra`. */
  subject: string;
  /** Names of all StatefulSets of the ring. */
  sets: string[];
  /** Name of the volume claim template. */
  claim: string;
  /** Whether the volume claim template is not this program's, and stays as it is. @default false */
  isKept?: boolean;
  /** Minutes without progress after which the expansion is given up. @default 15 */
  stallTimeoutMinutes?: number;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

export interface Metadata {
  name: string;
  namespace: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface SetInputs extends KubernetesObject {
  metadata: Metadata;
  spec: NonNullable<V1StatefulSet["spec"]>;
}
/** A StatefulSet in the state. `__fieldManager` is the field manager of the provider. */
export interface SetOutputs {
  metadata?: { uid?: string };
  __fieldManager?: string;
}

/** Size and class of PersistentVolumeClaims. */
interface Volumes {
  size: string;
  /** Empty: the cluster's default. */
  className: string;
}

const named = ({ className }: Volumes) => className || "(the cluster's default)";

/** One StatefulSet, and what its volumes are to be. */
export class VolumePlan {
  private constructor(
    readonly args: VolumeExpansionArgs,
    readonly cluster: KubernetesClient,
    readonly inputs: SetInputs,
    readonly state: SetOutputs,
    /** The live StatefulSet; undefined if somebody deleted it. */
    readonly live: V1StatefulSet | undefined,
    /** PersistentVolumeClaims of the StatefulSet, with and without a pod. */
    readonly claims: V1PersistentVolumeClaim[],
    /** StorageClasses of these PersistentVolumeClaims that do not let volumes grow. */
    readonly fixedClasses: string[],
    /** Pods that the live StatefulSet asks for. If it was deleted, pods that it must keep. */
    readonly replicas: number,
  ) {}

  static async of(
    args: VolumeExpansionArgs,
    inputs: SetInputs,
    known: number,
    state: SetOutputs = {},
  ): Promise<VolumePlan> {
    const cluster = await KubernetesClient.connect(args.cluster);
    const { name, namespace } = inputs.metadata;
    const [live, { items }, { items: pods }] = await Promise.all([
      cluster.apps.readNamespacedStatefulSet({ name, namespace }).catch(undefinedWhenNotFound),
      cluster.core.listNamespacedPersistentVolumeClaim({ namespace }),
      cluster.core.listNamespacedPod({ namespace }),
    ]);
    const claims = items.filter(({ metadata }) => ringOrdinalOf([`${args.claim}-${name}`], metadata!.name!) >= 0);
    const most = Math.max(known, ...pods.map(({ metadata }) => ringOrdinalOf([name], metadata!.name!) + 1 || 0));
    const growing = new VolumePlan(args, cluster, inputs, state, live, claims, [], live?.spec?.replicas ?? most);
    const classes = [...new Set(growing.small().map(({ spec }) => spec?.storageClassName ?? ""))];
    const fixed: string[] = [];
    for (const className of classes) {
      const allows = className && (await cluster.storage.readStorageClass({ name: className })).allowVolumeExpansion;
      if (!allows) fixed.push(className);
    }
    return new VolumePlan(args, cluster, inputs, state, live, claims, fixed, growing.replicas);
  }

  /** What the stack asks for. */
  get wanted(): Volumes {
    const { annotations = {} } = this.inputs.metadata;
    return { size: annotations[sizeAnnotation], className: annotations[classAnnotation] };
  }

  /** What the live volume claim template says. */
  private get present(): Volumes | undefined {
    const template = this.live?.spec?.volumeClaimTemplates?.find(({ metadata }) => metadata?.name === this.args.claim);
    const { resources, storageClassName = "" } = template?.spec ?? {};
    return template && { size: resources?.requests?.storage ?? "0", className: storageClassName };
  }

  /** Whether the StatefulSet itself must be recreated. */
  get isOther(): boolean {
    if (!this.live) return true;
    const { present, wanted } = this;
    if (this.args.isKept || !present) return false;
    // Kubernetes writes a default class into the PersistentVolumeClaims, not into the template.
    return wholeBytes(present.size) !== wholeBytes(wanted.size) || present.className !== wanted.className;
  }

  /** PersistentVolumeClaims that are to grow. */
  small(): V1PersistentVolumeClaim[] {
    if (this.args.isKept) return [];
    return this.claims.filter(({ spec }) => {
      const has = spec?.resources?.requests?.storage ?? "0";
      return wholeBytes(has)! < wholeBytes(this.wanted.size)!;
    });
  }

  /** @throws {Error} why the edit is not allowed */
  refuse(): void {
    const { args, live, wanted, present, inputs, state } = this;
    const { name, namespace } = inputs.metadata;
    const known = state.metadata?.uid;
    if (live?.metadata && known && !isKnownAs(live.metadata, known)) {
      throw new Error(
        `StatefulSet ${namespace}/${name} is not the one in the state of this stack (UID ${live.metadata.uid}, not ${known}); nothing ` +
          "was touched. If somebody recreated it, run `pulumi refresh`; if the stack acts on another cluster than before, set the " +
          "previous cluster again",
      );
    }
    if (!this.isOther) return;
    if (present && wholeBytes(wanted.size)! < wholeBytes(present.size)!) {
      throw new Error(
        `${propertyName("volumeSize")}: "${wanted.size}" is not allowed for ${args.subject}: its volumes have ${present.size}, and no ` +
          `volume can shrink; allowed is ${present.size} or more`,
      );
    }
    if (present && this.replicas !== inputs.spec.replicas) {
      const [asked, there] = [inputs.spec.replicas!, this.replicas].map((replicas) => replicas * args.sets.length);
      throw new Error(
        `${propertyName("replicas")}: ${asked} is not allowed together with other volumes: ${args.subject} has ${there} members; ` +
          `allowed is ${there}, and another number in a later edit`,
      );
    }
    for (const className of this.fixedClasses) {
      throw new Error(
        `${propertyName("volumeSize")}: no other size is allowed for ${args.subject}: class "${className}" of its volumes does not let ` +
          "them grow (allowVolumeExpansion)",
      );
    }
  }

  /** What will be done, in sentences; none if nothing is to be done. */
  describe(): string[] {
    const { live, present, wanted, inputs } = this;
    if (!live)
      return [`StatefulSet ${inputs.metadata.name} was deleted without its pods: it is recreated, and no pod restarts`];
    if (!this.isOther || !present) return [];
    const larger = wholeBytes(present.size) !== wholeBytes(wanted.size);
    const changes = [
      ...(larger ? [`volumeSize ${present.size} -> ${wanted.size}: the volumes grow while their members serve`] : []),
      ...(present.className !== wanted.className
        ? [`existing volumes stay of class ${named(present)}, volumes of members to come are of class ${named(wanted)}`]
        : []),
    ];
    return [[...changes, "the StatefulSet is recreated around its pods, none of which restarts"].join("; ")];
  }
}
