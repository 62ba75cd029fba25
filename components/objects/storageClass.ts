import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { Cluster, ClusterChoice, nothingWhenNotFound } from "../kubernetes/apiClient";
import { Identity, labels } from "./labels";
import { lookAt } from "../engine/inspectOrWarn";
import { anotherAddress } from "../operations/replacementGuard";

/** Where volumes come from: a platform whose class this program makes, static volumes, or a class that is there already. */
export type Storage = "minikube-hostpath" | "gce-pd" | "aws-ebs" | "azure-disk" | "local" | "existing";

/** What becomes of the volumes at `pulumi destroy`. */
export const VolumeRetention = { Retain: "retain", Delete: "delete" } as const;
export type VolumeRetention = (typeof VolumeRetention)[keyof typeof VolumeRetention];

type ClassSpec = Pick<
  k8s.types.input.storage.v1.StorageClass,
  "provisioner" | "parameters" | "volumeBindingMode" | "allowVolumeExpansion"
>;

/**
 * The class of each platform. Cloud disks live in one zone, so they are made only once the scheduler has chosen the pod's
 * node; bound earlier, a disk could lie in a zone where the pod cannot run.
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
  storage: Storage;
  /** Name of the class: of the one to make, or with `existing` of the one to use. Empty with `existing`: the cluster's default. */
  storageClassName: string;
  /** Whether the provider takes over what exists without being in the state (`upsertExistingObjects`). @default false */
  takesOver?: boolean;
  /** The cluster that it is made in. @default that of the default provider */
  cluster?: ClusterChoice;
}

/** The storage class that a platform needs. */
export class CassandraStorage extends pulumi.ComponentResource {
  /** The class for claims to name; undefined means the cluster's default class. */
  readonly storageClassName: pulumi.Output<string | undefined>;

  constructor(name: string, args: CassandraStorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:CassandraStorage", name, {}, opts);
    if (args.storage === "existing") {
      this.storageClassName = pulumi.output(args.storageClassName || undefined);
    } else {
      const storageClass = new k8s.storage.v1.StorageClass(
        name,
        {
          // A fixed name: claims quote it, and a claim can never change its class.
          metadata: { name: args.storageClassName, labels: labels(args) },
          ...storageClasses[args.storage],
          reclaimPolicy: "Delete",
        },
        { parent: this, hooks: { beforeCreate: args.takesOver ? [] : [refuseClassOfOthers(name, args)] } },
      );
      this.storageClassName = storageClass.metadata.name;
    }
    this.registerOutputs({ storageClassName: this.storageClassName });
  }
}

/**
 * A class belongs to no namespace: the provider would take over that of another stack, and delete it with this one. Refused in preview
 * as well.
 */
function refuseClassOfOthers(name: string, { cluster, storage }: CassandraStorageArgs): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-class-is-no-others`,
    async ({ newInputs }) => {
      const { metadata } = newInputs as { metadata: { name: string } };
      const look = async () =>
        (await Cluster.connect(cluster)).storage.readStorageClass({ name: metadata.name }).catch(nothingWhenNotFound);
      const found = await lookAt(`whether storage class ${metadata.name} is there`, look);
      if (!found) return;
      throw new Error(
        `cassandra:storageClassName: "${metadata.name}" is not allowed with cassandra:storage: ${storage}, which makes a class of that ` +
          `name: it is there, of provisioner ${found.provisioner}, and not in the state of this stack. Allowed is another name, or ` +
          "cassandra:storage: existing to use it as it is; if it is this stack's own (a state that was lost, an update that was killed), " +
          `\`pulumi config set kubernetes:upsertExistingObjects true\` takes it over. ${anotherAddress}`,
      );
    },
    { onDryRun: true },
  );
}
