import { code, page, table } from "./markdown";

/** Kinds of objects that an account needs access to. tests/engine/permissions.test.ts gives accounts what a persistent ring needs. */
export interface Permission {
  apiGroup: string;
  resources: string[];
  /** Names, where access to all objects of the kind is not needed. */
  resourceNames?: string[];
  /** What the stack must have for it. @default a persistent ring needs it */
  when?: string;
  /** Verbs, where previews and updates need the same. @default `previewVerbs` for a preview, `updateVerbs` for an update */
  verbs?: string[];
  /** Whether the objects have no namespace, so that a ClusterRole must allow them. */
  isClusterWide?: true;
}

export const previewVerbs = ["get", "list"];
export const updateVerbs = ["get", "list", "watch", "create", "update", "patch", "delete"];

/** What an account needs for a persistent ring, but for commands in pods. */
export const basePermissions: Permission[] = [
  {
    apiGroup: "",
    resources: ["pods", "configmaps", "persistentvolumeclaims", "secrets", "services", "serviceaccounts"],
  },
  { apiGroup: "apps", resources: ["statefulsets"] },
  { apiGroup: "networking.k8s.io", resources: ["networkpolicies"] },
  { apiGroup: "policy", resources: ["poddisruptionbudgets"] },
  { apiGroup: "rbac.authorization.k8s.io", resources: ["roles", "rolebindings"] },
  { apiGroup: "storage.k8s.io", resources: ["storageclasses"], isClusterWide: true },
  // The UID of kube-system identifies the cluster.
  { apiGroup: "", resources: ["namespaces"], resourceNames: ["kube-system"], verbs: ["get"], isClusterWide: true },
];

/** What looks into a ring, and what further config needs. */
export const furtherPermissions: Permission[] = [
  {
    apiGroup: "",
    resources: ["pods/exec"],
    verbs: ["get", "create"],
    when: "commands in pods (nodetool): a preview without them says that it could not look at the ring; an update that removes members, restarts pods or changes roles is refused",
  },
  {
    apiGroup: "",
    resources: ["events", "pods/log"],
    verbs: ["get", "list"],
    when: "to tell during an update why pods do not run or serve yet; without them an update says how many are ready",
  },
  {
    apiGroup: "",
    resources: ["resourcequotas", "limitranges"],
    verbs: ["list"],
    when: "to refuse before it begins what a quota has no room for, and to name the LimitRange; without them Kubernetes decides later",
  },
  {
    apiGroup: "",
    resources: ["nodes"],
    verbs: ["list"],
    when: "to see that there are enough nodes for what is required of them; `racks`: that each zone has one; topology `daemon`: to see which members an edit of `nodeSelector`, `affinity` or `tolerations` takes away",
    isClusterWide: true,
  },
  {
    apiGroup: "",
    resources: ["namespaces"],
    when: "`createNamespace`, `lockMemory`, `daemon.hostPath`",
    isClusterWide: true,
  },
  { apiGroup: "", resources: ["persistentvolumes"], when: "`storage: local`", isClusterWide: true },
  { apiGroup: "", resources: ["replicationcontrollers"], when: "topology `ephemeral`" },
  { apiGroup: "apps", resources: ["daemonsets"], when: "topology `daemon`" },
  {
    apiGroup: "rbac.authorization.k8s.io",
    resources: ["clusterroles", "clusterrolebindings"],
    when: "`daemon.hostPath`",
    isClusterWide: true,
  },
  { apiGroup: "cert-manager.io", resources: ["certificates", "issuers"], when: "`tls: cert-manager`" },
  { apiGroup: "batch", resources: ["jobs"], when: "topology `cockroachdb`" },
  { apiGroup: "apps", resources: ["deployments"], when: "`cockroachdb.loadGenerator`" },
];

export const permissionsPage = () =>
  page(
    "Permissions",
    "docs/generate/permissions.ts",
    "What the account of the kubeconfig must be allowed in the cluster. For a preview, an account that may only read is enough. Kinds without a " +
      "namespace need a ClusterRole; for the others, a Role in the stack's namespace is enough. The pods' own account has a Role that the " +
      "program makes; [Security](../concepts/security.md) describes it.",
    "## For every persistent ring",
    table(["API group", "Resources", "Preview", "Update", "Without namespace"], basePermissions.map(row)),
    "## For commands in pods, and for further config",
    table(
      ["API group", "Resources", "Preview", "Update", "Without namespace", "When"],
      furtherPermissions.map((permission) => [...row(permission), permission.when ?? ""]),
    ),
  );

function row({ apiGroup, resources, resourceNames, verbs, isClusterWide }: Permission): string[] {
  const names = resourceNames ? ` (${resourceNames.map(code).join(", ")} alone)` : "";
  return [
    apiGroup === "" ? "core" : apiGroup,
    resources.map(code).join(", ") + names,
    (verbs ?? previewVerbs).join(", "),
    (verbs ?? updateVerbs).join(", "),
    isClusterWide ? "yes" : "no",
  ];
}
