/** What an account needs in a Kubernetes cluster to preview and to update a stack. `docs/reference/permissions.md` is made from this table. */
export interface Permission {
  apiGroup: string;
  resources: string[];
  /** Names, where access to all objects of the kind is not needed. */
  resourceNames?: string[];
  /** Verbs that a preview needs. */
  preview: readonly string[];
  /** Verbs that an update needs. */
  update: readonly string[];
  /** Whether the objects have no namespace, so that a ClusterRole must allow them. */
  isClusterWide?: true;
  /** Whether access to the stack's own namespace alone is needed. */
  isOwnNamespace?: true;
  /** Whether the program gives it to the pods: Kubernetes lets nobody give what they do not have, unless they may `escalate` roles. */
  isGiven?: true;
}

/** Of objects that the program makes. The provider creates and changes them by server-side apply, and watches them until they are ready. */
const made = { preview: ["get", "list"], update: ["get", "list", "watch", "create", "patch", "delete"] } as const;
const readAlike = (...verbs: string[]) => ({ preview: verbs, update: verbs });

export const permissions = {
  objects: { apiGroup: "", resources: ["configmaps", "services", "serviceaccounts"], ...made },
  pods: { apiGroup: "", resources: ["pods"], preview: ["get", "list"], update: ["get", "list", "watch", "delete"] },
  claims: {
    apiGroup: "",
    resources: ["persistentvolumeclaims"],
    preview: ["get", "list"],
    update: ["get", "list", "watch", "patch", "delete"],
  },
  // By these, the provider sees whether a Service leads to a pod.
  endpoints: {
    apiGroup: "discovery.k8s.io",
    resources: ["endpointslices"],
    preview: [],
    update: ["get", "list", "watch"],
  },
  secrets: { apiGroup: "", resources: ["secrets"], ...made },
  statefulSets: { apiGroup: "apps", resources: ["statefulsets"], ...made },
  networkPolicies: { apiGroup: "networking.k8s.io", resources: ["networkpolicies"], ...made },
  disruptionBudgets: { apiGroup: "policy", resources: ["poddisruptionbudgets"], ...made },
  roles: { apiGroup: "rbac.authorization.k8s.io", resources: ["roles", "rolebindings"], ...made },
  storageClasses: { apiGroup: "storage.k8s.io", resources: ["storageclasses"], ...made, isClusterWide: true },
  // The UID of kube-system identifies the cluster.
  clusterIdentity: {
    apiGroup: "",
    resources: ["namespaces"],
    resourceNames: ["kube-system"],
    ...readAlike("get"),
    isClusterWide: true,
  },
  commandsInPods: { apiGroup: "", resources: ["pods/exec"], ...readAlike("get", "create") },
  trials: { apiGroup: "", resources: ["pods", "persistentvolumeclaims"], ...readAlike("create") },
  causes: { apiGroup: "", resources: ["events", "pods/log"], ...readAlike("get", "list") },
  quotas: { apiGroup: "", resources: ["resourcequotas", "limitranges"], ...readAlike("list") },
  nodes: { apiGroup: "", resources: ["nodes"], ...readAlike("list"), isClusterWide: true },
  namespaces: { apiGroup: "", resources: ["namespaces"], ...made, isClusterWide: true },
  ownNamespace: {
    apiGroup: "",
    resources: ["namespaces"],
    preview: [],
    update: ["get"],
    isOwnNamespace: true,
    isGiven: true,
  },
  nodeLabels: {
    apiGroup: "",
    resources: ["nodes"],
    preview: [],
    update: ["get"],
    isClusterWide: true,
    isGiven: true,
  },
  persistentVolumes: { apiGroup: "", resources: ["persistentvolumes"], ...made, isClusterWide: true },
  singlePod: { apiGroup: "", resources: ["pods"], ...made },
  replicationControllers: { apiGroup: "", resources: ["replicationcontrollers"], ...made },
  daemonSets: { apiGroup: "apps", resources: ["daemonsets"], ...made },
  clusterRoles: {
    apiGroup: "rbac.authorization.k8s.io",
    resources: ["clusterroles", "clusterrolebindings"],
    ...made,
    isClusterWide: true,
  },
  certificates: { apiGroup: "cert-manager.io", resources: ["certificates", "issuers"], ...made },
  monitors: { apiGroup: "monitoring.coreos.com", resources: ["podmonitors", "prometheusrules"], ...made },
  jobs: { apiGroup: "batch", resources: ["jobs"], ...made },
  deployments: { apiGroup: "apps", resources: ["deployments"], ...made },
  // By these, the provider sees whether a Deployment is ready. It waits for ever where it may not watch them.
  replicaSets: { apiGroup: "apps", resources: ["replicasets"], preview: [], update: ["get", "list", "watch"] },
} satisfies Record<string, Permission>;

/** A row of the table. */
export type Need = keyof typeof permissions;
