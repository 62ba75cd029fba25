import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";

export interface RingRecordArgs extends Identity {
  namespace: pulumi.Input<string>;
}

/**
 * What must be known about a ring even when none of its pods runs: whether it ever formed, and for each member its host ID and
 * last address. It lets a pod with an empty disk tell a first start from a disaster. The pods write it; this component makes
 * it, empty, with the account and the role by which they do. It lives exactly as long as the claims of the members do:
 * `pulumi destroy` leaves it, and Kubernetes collects it once the last of its owners, the claims, is deleted.
 *
 * Its keys: `forming` (members that form the first ring), `formed` (time of formation), and for each pod either
 * `empty` or `<host ID> <address>`.
 */
export class RingRecord extends pulumi.ComponentResource {
  /** Name of the ConfigMap, `<ring>-ring`. */
  readonly configMapName: pulumi.Output<string>;
  /** Account that the ring's pods run under. */
  readonly serviceAccountName: pulumi.Output<string>;
  /** What must be there before the first pod starts, and must go after the last one has ended. */
  readonly access: pulumi.Resource;

  constructor(name: string, args: RingRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:RingRecord", name, {}, opts);
    const metadata = { namespace: args.namespace, labels: labels(args) };

    // A patch, because the record outlives the stack: it is made where there is none and taken over where an earlier
    // `destroy` left one, which a plain ConfigMap would refuse. It holds no data: what the pods have written stays theirs.
    const configMap = new k8s.core.v1.ConfigMapPatch(
      name,
      {
        metadata: {
          ...metadata,
          name: `${args.name}-ring`,
          annotations: { "pulumi.com/patchForce": "true" },
        },
      },
      { parent: this, retainOnDelete: true },
    );
    const account = new k8s.core.v1.ServiceAccount(name, { metadata }, { parent: this });
    const role = new k8s.rbac.v1.Role(
      name,
      {
        metadata,
        rules: [
          { apiGroups: [""], resources: ["configmaps"], resourceNames: [`${args.name}-ring`], verbs: ["get", "patch"] },
          // How many members the first ring has: it is in no pod's environment, or every scaling would restart every pod.
          { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: [args.name], verbs: ["get"] },
          // Each member makes its claim an owner of the record, so that the record goes with the last of them.
          { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
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

    this.configMapName = configMap.metadata.name;
    this.serviceAccountName = account.metadata.name;
    this.registerOutputs({ configMapName: this.configMapName, serviceAccountName: this.serviceAccountName });
  }
}
