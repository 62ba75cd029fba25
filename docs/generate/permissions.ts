import { type Need, type Permission, permissions } from "../../components/kubernetes/permissions";
import { code, page, table } from "./markdown";

/** What an account needs for every persistent ring. tests/engine/permissions.test.ts gives accounts this and no more. */
export const baseNeeds: Need[] = [
  "objects",
  "pods",
  "claims",
  "endpoints",
  "secrets",
  "statefulSets",
  "networkPolicies",
  "disruptionBudgets",
  "roles",
  "storageClasses",
  "clusterIdentity",
];

/** What looks into a ring, and what further config needs. */
const furtherNeeds: [Need, string][] = [
  [
    "commandsInPods",
    "commands in pods (nodetool): a preview without them says that it could not look at the ring; an update that removes members, restarts pods or changes roles is refused",
  ],
  [
    "trials",
    "to have Kubernetes try a pod and its claim, by a dry run, before anything is made; without it Kubernetes decides later",
  ],
  [
    "causes",
    "to tell during an update why pods do not run or serve yet; without them an update says how many are ready",
  ],
  [
    "quotas",
    "to refuse before it begins what a quota has no room for, and to name the LimitRange; without them Kubernetes decides later",
  ],
  [
    "nodes",
    "to see that there are enough nodes for what is required of them; `racks`: that each zone has one; topology `daemon`: to see which members an edit of `nodeSelector`, `affinity` or `tolerations` takes away",
  ],
  ["ownNamespace", "topologies `ephemeral`, `daemon` and `pod`, whose pods are given it"],
  ["nodeLabels", "`daemon.hostPath`, whose pods are given it"],
  ["namespaces", "`createNamespace`, `lockMemory`, `daemon.hostPath`"],
  ["persistentVolumes", "`storage: local`"],
  ["singlePod", "topology `pod`"],
  ["replicationControllers", "topology `ephemeral`"],
  ["daemonSets", "topology `daemon`"],
  ["clusterRoles", "`daemon.hostPath`"],
  ["certificates", "`tls: cert-manager`"],
  ["monitors", "`metrics: podMonitor`"],
  ["jobs", "topology `cockroachdb`"],
  ["deployments", "`cockroachdb.loadGenerator`"],
  ["replicaSets", "`cockroachdb.loadGenerator`, whose Deployment the provider waits for"],
];

export const permissionsPage = () =>
  page(
    "Permissions",
    "components/kubernetes/permissions.ts",
    "What the account of the kubeconfig must be allowed in the cluster. For a preview, an account that may only read is enough. Kinds without a " +
      "namespace need a ClusterRole; for the others, a Role in the stack's namespace is enough. `pulumi preview` by an account that may change " +
      "something tells what it lacks for the ring, and `pulumi up` makes nothing of a new ring before the account may make all of it. The pods' " +
      "own account has a Role that the program makes; [Security](../concepts/security.md) describes it.",
    "## For every persistent ring",
    table(
      ["API group", "Resources", "Preview", "Update", "Without namespace"],
      baseNeeds.map((need) => row(permissions[need])),
    ),
    "## For commands in pods, and for further config",
    table(
      ["API group", "Resources", "Preview", "Update", "Without namespace", "When"],
      furtherNeeds.map(([need, when]) => [...row(permissions[need]), when]),
    ),
  );

function row({
  apiGroup,
  resources,
  resourceNames,
  isOwnNamespace,
  preview,
  update,
  isClusterWide,
}: Permission): string[] {
  const names = resourceNames
    ? ` (${resourceNames.map(code).join(", ")} alone)`
    : isOwnNamespace
      ? " (the stack's own alone)"
      : "";
  return [
    apiGroup === "" ? "core" : apiGroup,
    resources.map(code).join(", ") + names,
    preview.join(", ") || "none",
    update.join(", "),
    isClusterWide ? "yes" : "no",
  ];
}
