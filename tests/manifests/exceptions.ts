import { Finding } from "./scanners";

/** Findings that stay, each with its reason. */
interface Exception {
  scanner: Finding["scanner"];
  rules: string[];
  /** The findings that are meant. @default all of the rules */
  says?: RegExp;
  object?: RegExp;
  reason: string;
}

export const exceptions: Exception[] = [
  {
    scanner: "checkov",
    rules: ["CKV_K8S_11"],
    reason: "No CPU limit: a member that is throttled in a collection is one that its peers take for dead.",
  },
  { scanner: "kube-score", rules: ["container-resources"], says: /CPU limit/, reason: "As above." },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_15"],
    reason: "Images have fixed tags or digests: a registry that is away must not keep a member from starting again.",
  },
  { scanner: "kube-score", rules: ["container-image-pull-policy"], reason: "As above." },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_43"],
    reason: "A tag is what people read and compare; `image` takes a digest as well.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_8"],
    reason:
      "No liveness probe: a member that drains, or has left, has its ports closed, and a restart then would be wrong.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_9"],
    object: /cockroachdb-(client|load)/,
    reason: "Tools that serve nobody.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_38"],
    object: /\.cassandra/,
    reason: "Members write the ring record, by a role on that object alone.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_40"],
    object: /\.cassandra/,
    reason: "The official image's user is 999; files of volumes are owned by it.",
  },
  {
    scanner: "kube-score",
    rules: ["container-security-context-user-group-id"],
    object: /\/cassandra(-locking|-racks-\w)?$/,
    reason: "As above.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_25"],
    object: /^DaemonSet/,
    reason:
      "Folders of nodes, which a stack must ask for: only root may give them to Cassandra, with CHOWN and nothing else.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_25"],
    object: /-locking$/,
    reason: "IPC_LOCK, which a stack must ask for (lockMemory).",
  },
  {
    scanner: "kube-score",
    rules: ["container-ephemeral-storage-request-and-limit"],
    says: /^cassandra: /,
    reason: "Where rows lie in the pod, a limit would have it evicted with them.",
  },
  {
    scanner: "kube-score",
    rules: ["pod-networkpolicy"],
    says: /egress/,
    reason: "Members reach each other, DNS and the API server, whose addresses no program can know beforehand.",
  },
  {
    scanner: "kube-score",
    rules: ["statefulset-has-host-podantiaffinity"],
    reason: "Members are spread over nodes by a topology spread constraint, which counts them.",
  },
  {
    scanner: "kube-score",
    rules: ["service-targets-pod", "networkpolicy-targets-pod"],
    reason: "The scanner knows no ReplicationController: it does not see its pods.",
  },
  {
    scanner: "checkov",
    rules: ["CKV_K8S_31"],
    object: /^ReplicationController/,
    reason: "The scanner does not look into the template of a ReplicationController, where the profile is.",
  },
];
