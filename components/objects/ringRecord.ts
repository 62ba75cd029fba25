import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { KubeContext } from "../kubernetes/kubeconfig";
import { afterItsVolumes } from "../operations/garbageCollection";
import { keptRecordConfigMap, recordName } from "./configMaps";
import { Disk, keepsRecord } from "./disk";
import { Identity, labels } from "./labels";
import { nameOnceMade, podRole, roleBinding } from "./rbac";

export interface RingRecordArgs extends Identity {
  /** Namespace of the ring. */
  namespace: pulumi.Input<string>;
  /** Where the data lies. With PersistentVolumeClaims, the record outlives the stack and is named `<ring>-ring`. */
  disk: Disk;
  /** The Kubernetes cluster that the ring is in. @default that of the default provider */
  cluster?: KubeContext;
  /** Annotations of the pods' ServiceAccount. @default none */
  accountAnnotations?: Record<string, string>;
  /** What the pods may read besides the record. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * What must be known about a ring even while none of its pods runs: whether the ring ever formed, and the host ID and last address of
 * each member. By the record, a pod with an empty disk tells a new ring from a disaster, and pods without ordinals take turns. The pods
 * write the record (`pod/README.md` lists its keys). This component makes the record empty, and the ServiceAccount and the Role
 * by which the pods write it.
 */
export class RingRecord extends pulumi.ComponentResource {
  /** Name of the ConfigMap. */
  readonly configMapName: pulumi.Output<string>;
  /** Name of the ServiceAccount that the ring's pods run under. */
  readonly serviceAccountName: pulumi.Output<string>;
  /** The RoleBinding: it must exist before the first pod starts, and until the last pod has ended. */
  readonly access: pulumi.Resource;

  constructor(name: string, args: RingRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:RingRecord", name, {}, opts);
    const { namespace } = args;
    const metadata = { namespace, labels: labels(args) };

    const configMap = keepsRecord(args.disk)
      ? new k8s.core.v1.ConfigMapPatch(name, keptRecordConfigMap(metadata, args.name), {
          parent: this,
          retainOnDelete: true,
          hooks: { beforeCreate: [afterItsVolumes(name, "ConfigMap", recordName(args.name), args.cluster)] },
        })
      : new k8s.core.v1.ConfigMap(name, { metadata }, { parent: this });
    this.configMapName = configMap.metadata.name;

    const { accountAnnotations: annotations } = args;
    const ofAccount = { ...metadata, ...(annotations && { annotations }) };
    const account = new k8s.core.v1.ServiceAccount(name, { metadata: ofAccount }, { parent: this });
    const role = new k8s.rbac.v1.Role(name, podRole(metadata, this.configMapName, args.rules), { parent: this });
    this.serviceAccountName = account.metadata.name;
    this.access = new k8s.rbac.v1.RoleBinding(
      name,
      roleBinding(metadata, nameOnceMade(role), { name: this.serviceAccountName, namespace }),
      { parent: this },
    );
    this.registerOutputs({ configMapName: this.configMapName, serviceAccountName: this.serviceAccountName });
  }
}
