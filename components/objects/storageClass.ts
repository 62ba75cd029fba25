import * as k8s from "../kubernetes/resources";
import type { V1StorageClass } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { Identity, labels } from "./labels";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { urnInState } from "../engine/stackState";
import { withoutSelfReplacement } from "../operations/selfReplacement";
import { propertyName } from "../engine/propertyNames";

/** Where volumes come from: a platform whose StorageClass this program makes, disks of nodes, or a StorageClass that exists. */
export type Storage = "minikube-hostpath" | "gce-pd" | "aws-ebs" | "azure-disk" | "local" | "existing";

/** What becomes of the volumes at `pulumi destroy`. */
export const VolumeRetention = { Retain: "retain", Delete: "delete" } as const;
export type VolumeRetention = (typeof VolumeRetention)[keyof typeof VolumeRetention];

type ClassSpec = Pick<
  k8s.types.input.storage.v1.StorageClass,
  "provisioner" | "parameters" | "volumeBindingMode" | "allowVolumeExpansion"
>;

/**
 * The StorageClass of each platform. A cloud disk belongs to one zone, so it is provisioned only once the scheduler has chosen the node
 * of the pod (`WaitForFirstConsumer`). A disk that is provisioned earlier could be in a zone where the pod cannot run.
 */
export const storageClasses: Record<Exclude<Storage, "existing">, ClassSpec> = {
  "minikube-hostpath": {
    provisioner: "k8s.io/minikube-hostpath",
    volumeBindingMode: "Immediate",
    allowVolumeExpansion: false,
  },
  "gce-pd": {
    provisioner: "pd.csi.storage.gke.io",
    parameters: { type: "pd-ssd" },
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  },
  "aws-ebs": {
    provisioner: "ebs.csi.aws.com",
    parameters: { type: "gp3" },
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  },
  "azure-disk": {
    provisioner: "disk.csi.azure.com",
    parameters: { skuName: "Premium_LRS" },
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  },
  local: {
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: false,
  },
};

export interface CassandraStorageArgs extends Identity {
  /** Where volumes come from. */
  storage: Storage;
  /** Name of the StorageClass to make; with `existing`, of the one to use, where an empty name means the cluster's default class. */
  storageClassName: string;
  /** Whether the provider takes over objects that exist without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The Kubernetes cluster that the StorageClass is made in. @default that of the default provider */
  cluster?: KubeContext;
}

/** The StorageClass that a platform needs. */
export class CassandraStorage extends pulumi.ComponentResource {
  /** The StorageClass for PersistentVolumeClaims to name; undefined means the cluster's default class. */
  readonly storageClassName: pulumi.Output<string | undefined>;

  constructor(name: string, given: CassandraStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("CassandraStorage", name, given);
    const isThere = args.storage === "existing";
    const hook = isThere ? [warnOfMissingClass(name, args)] : [];
    const hooks = {
      ...opts?.hooks,
      beforeCreate: [...(opts?.hooks?.beforeCreate ?? []), ...hook],
      beforeUpdate: [...(opts?.hooks?.beforeUpdate ?? []), ...hook],
    };
    const inputs = isThere ? { storageClassName: args.storageClassName } : {};
    const guarded = withoutSelfReplacement(`${name}-storage`, args.cluster, { ...opts, hooks });
    super("cassandra:index:CassandraStorage", name, inputs, guarded);
    if (args.storage === "existing") {
      this.storageClassName = pulumi.output(args.storageClassName || undefined);
    } else {
      const storageClass = new k8s.storage.v1.StorageClass(name, storageClassOf(args.storage, args), {
        parent: this,
        hooks: { beforeCreate: [refuseClassOfOthers(name, args)] },
      });
      this.storageClassName = storageClass.metadata.name;
    }
    this.registerOutputs({ storageClassName: this.storageClassName });
  }
}

/** StorageClass under a fixed name: PersistentVolumeClaims name it, and a PersistentVolumeClaim can never change its class. */
function storageClassOf(
  storage: keyof typeof storageClasses,
  args: CassandraStorageArgs,
): k8s.storage.v1.StorageClassArgs {
  return {
    metadata: {
      name: args.storageClassName,
      labels: labels(args),
      annotations: { [stackAnnotation]: ownStack() },
    },
    ...storageClasses[storage],
    reclaimPolicy: "Delete",
  };
}

/**
 * Hook of a StorageClass: refuses, in preview as well, the name of one that is not in the state. A StorageClass belongs to no namespace,
 * so the provider would take over that of another stack, and delete it with this stack.
 */
function refuseClassOfOthers(name: string, args: CassandraStorageArgs): pulumi.ResourceHook {
  const { cluster, storage, takesOver } = args;
  return new pulumi.ResourceHook(
    `${name}-class-is-no-others`,
    async ({ type, newInputs }) => {
      const { metadata } = newInputs as { metadata: { name: string } };
      const inspect = async () => {
        const { storage } = await KubernetesClient.connect(cluster);
        const live = await storage.readStorageClass({ name: metadata.name }).catch(undefinedWhenNotFound);
        // If the state holds it, another hook refuses to replace it, and says why.
        return live && (await urnInState(type, metadata.name)) ? undefined : live;
      };
      const found = await inspectOrWarn(`whether StorageClass ${metadata.name} exists`, inspect);
      if (!found) return;
      const isOwn = isMadeHere(found, args);
      if (takesOver && isOwn) return;
      const maker = found.metadata?.annotations?.[stackAnnotation];
      throw new Error(
        `${propertyName("storageClassName")}: "${metadata.name}" is not allowed with ${propertyName("storage")}: ${storage}, ` +
          `which makes a StorageClass of that name: it exists, of provisioner ${found.provisioner}, and is ` +
          `${maker === undefined || isOwn ? "not in the state of this stack" : `that of stack ${maker}`}; allowed is another name, or ` +
          `${propertyName("storage")}: existing to use it as it is` +
          (isOwn
            ? ". If this stack has made it (a state that was lost, an update that was killed), `pulumi config set " +
              "kubernetes:upsertExistingObjects true` takes it over"
            : ""),
      );
    },
    { onDryRun: true },
  );
}

/** Annotation of a StorageClass: the stack that has made it, as `project/stack`. A second stack in the namespace would choose the same name. */
export const stackAnnotation = "cassandra/stack";

/** Whether this stack has made a StorageClass, or an earlier version of this program, which noted no stack. */
function isMadeHere({ metadata }: V1StorageClass, args: CassandraStorageArgs): boolean {
  const maker = metadata?.annotations?.[stackAnnotation];
  if (maker !== undefined) return maker === ownStack();
  return Object.entries(labels(args)).every(([label, value]) => metadata?.labels?.[label] === value);
}

const ownStack = () => `${pulumi.getProject()}/${pulumi.getStack()}`;

/** Annotation of the StorageClass that PersistentVolumeClaims without a class get. */
const defaultAnnotation = "storageclass.kubernetes.io/is-default-class";

/**
 * Hook of storage that exists: warns, in preview as well, if PersistentVolumeClaims would wait for their class. It refuses nothing, since
 * volumes that somebody makes by hand need no such object, and a bound volume needs it no longer.
 */
function warnOfMissingClass(name: string, { cluster, storageClassName }: CassandraStorageArgs): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-class-exists`,
    async () => {
      const { storage } = await KubernetesClient.connect(cluster);
      const found = await storage.listStorageClass().catch(() => undefined);
      const isDefault = ({ metadata }: { metadata?: { annotations?: Record<string, string> } }) =>
        metadata?.annotations?.[defaultAnnotation] === "true";
      if (
        !found ||
        found.items.some((one) => (storageClassName ? one.metadata?.name === storageClassName : isDefault(one)))
      )
        return;
      const names = found.items.map((one) => `${one.metadata?.name}${isDefault(one) ? " (default)" : ""}`);
      const why = storageClassName ? "there is no such StorageClass" : "no StorageClass is the default one";
      await pulumi.log.warn(
        `${propertyName("storageClassName")}: "${storageClassName}": ${why}, so PersistentVolumeClaims wait for volumes that somebody makes ` +
          `by hand; StorageClasses are ${names.join(", ") || "none"}`,
      );
    },
    { onDryRun: true },
  );
}
