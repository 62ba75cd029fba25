import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";

/** Where volumes come from: a platform whose class this program makes, static volumes, or a class that is there already. */
export type Storage = "minikube-hostpath" | "gce-pd" | "aws-ebs" | "azure-disk" | "local" | "existing";

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

/** A folder or mounted disk on one node that becomes a static volume. */
export interface LocalVolume {
  /** The node's name, as in its label `kubernetes.io/hostname`. */
  node: string;
  /** Absolute path on that node. It must exist. */
  path: string;
}

export interface CassandraStorageArgs extends Identity {
  storage: Storage;
  /** Name of the class: of the one to make, or with `existing` of the one to use. Empty with `existing`: the cluster's default. */
  storageClassName: string;
  /** Static volumes; used by `local` alone. @default none */
  localVolumes?: LocalVolume[];
  /** Capacity of each static volume, a Kubernetes quantity. */
  volumeSize: string;
}

/** The storage class that a platform needs and, for `local`, its static volumes. */
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
        { parent: this },
      );
      this.storageClassName = storageClass.metadata.name;
      if (args.storage === "local") this.makeVolumes(name, args, this.storageClassName);
    }
    this.registerOutputs({ storageClassName: this.storageClassName });
  }

  private makeVolumes(
    name: string,
    args: CassandraStorageArgs,
    storageClassName: pulumi.Output<string | undefined>,
  ): void {
    (args.localVolumes ?? []).forEach(({ node, path }, i) => {
      new k8s.core.v1.PersistentVolume(
        `${name}-${i}`,
        {
          // `type: local` is what the tutorials' clean-up command deletes by.
          metadata: { labels: { ...labels(args), type: "local" } },
          spec: {
            capacity: { storage: args.volumeSize },
            accessModes: ["ReadWriteOnce"],
            // Nothing on the cluster can empty a local disk, and it may hold the only copy of a row.
            persistentVolumeReclaimPolicy: "Retain",
            storageClassName: storageClassName as pulumi.Output<string>,
            local: { path },
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }] },
                ],
              },
            },
          },
        },
        { parent: this },
      );
    });
  }
}
