import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { clearOf, Cluster, ClusterChoice, explain, nothingWhenNotFound } from "../kubernetes/apiClient";
import { keptRecordConfigMap } from "./configMaps";
import { Disk, keepsRecord } from "./disk";
import { Identity, labels } from "./labels";

export interface RingRecordArgs extends Identity {
  namespace: pulumi.Input<string>;
  /** Where the members' data lies. On PersistentVolumeClaims, the record outlives the stack and is named `<ring>-ring`. */
  disk: Disk;
  /** The cluster that it is in. @default that of the default provider */
  cluster?: ClusterChoice;
  /** What the pods may look at beside the record. */
  rules: k8s.types.input.rbac.v1.PolicyRule[];
}

/**
 * What must be known about a ring even when none of its pods runs: whether it ever formed, and for each member its host ID and
 * last address. It lets a pod with an empty disk tell a first start from a disaster, and pods without ordinal take turns. The
 * pods write it (`pod/README.md` lists its keys); this component makes it, empty, with the
 * account and the role by which they do.
 */
export class RingRecord extends pulumi.ComponentResource {
  /** Name of the ConfigMap. */
  readonly configMapName: pulumi.Output<string>;
  /** Account that the ring's pods run under. */
  readonly serviceAccountName: pulumi.Output<string>;
  /** What must be there before the first pod starts, and must go after the last one has ended. */
  readonly access: pulumi.Resource;

  constructor(name: string, args: RingRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:RingRecord", name, {}, opts);
    const metadata = { namespace: args.namespace, labels: labels(args) };

    const configMap = keepsRecord(args.disk)
      ? // A patch: it is made where there is none and taken over where an earlier `destroy` left one, which a plain ConfigMap
        // would refuse. It holds no data: what the pods have written stays theirs.
        new k8s.core.v1.ConfigMapPatch(name, keptRecordConfigMap(metadata, args.name), {
          parent: this,
          retainOnDelete: true,
          hooks: { beforeCreate: [afterItsVolumes(name, "ConfigMap", `${args.name}-ring`, args.cluster)] },
        })
      : new k8s.core.v1.ConfigMap(name, { metadata }, { parent: this });
    this.configMapName = configMap.metadata.name;

    const account = new k8s.core.v1.ServiceAccount(name, { metadata }, { parent: this });
    const role = new k8s.rbac.v1.Role(
      name,
      {
        metadata,
        rules: [
          { apiGroups: [""], resources: ["configmaps"], resourceNames: [this.configMapName], verbs: ["get", "patch"] },
          ...args.rules,
        ],
      },
      { parent: this },
    );
    this.access = new k8s.rbac.v1.RoleBinding(
      name,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }],
      },
      { parent: this },
    );

    this.serviceAccountName = account.metadata.name;
    this.registerOutputs({ configMapName: this.configMapName, serviceAccountName: this.serviceAccountName });
  }
}

/**
 * Kubernetes collects what the claims own a moment after the last of them. A ring that came up on their record meanwhile would
 * take its disks for lost ones, and then lose the record.
 */
export function afterItsVolumes(
  name: string,
  kind: "ConfigMap" | "Secret",
  objectName: string,
  cluster: ClusterChoice | undefined,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-${kind}-after-its-volumes`, async ({ newInputs }) => {
    const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
    const { core } = await Cluster.connect(cluster);
    const object = { name: objectName, namespace };
    const isOfTheGone = async (): Promise<string | undefined> => {
      const kept = await (
        kind === "Secret" ? core.readNamespacedSecret(object) : core.readNamespacedConfigMap(object)
      ).catch(nothingWhenNotFound);
      const owners = kept?.metadata?.ownerReferences ?? [];
      if (owners.length === 0) return undefined;
      const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
      if (items.some(({ metadata }) => owners.some(({ uid }) => uid === metadata!.uid))) return undefined;
      return "Kubernetes has not collected it";
    };
    await clearOf(isOfTheGone, collected).catch((error: Error) => {
      throw new Error(
        `${kind} ${objectName} is that of a ring whose volumes are gone: ${explain(error)}; ` +
          `\`kubectl delete ${kind.toLowerCase()} -n ${namespace} ${objectName}\`, and run \`pulumi up\` again`,
      );
    });
  });
}

/** Minutes within which Kubernetes collects what nobody owns any more; it takes seconds. */
const collected = 1;
