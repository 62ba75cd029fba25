import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectMetadata } from "./labels";

type PolicyRule = k8s.types.input.rbac.v1.PolicyRule;

/** The account that a binding is for, and its namespace. */
interface Account {
  name: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
}

const apiGroup = "rbac.authorization.k8s.io";

/** Role of a ring's pods: they read and write the ring record, and no other object but those of `rules`. */
export function podRole(
  metadata: ObjectMetadata,
  record: pulumi.Input<string>,
  rules: PolicyRule[],
): k8s.rbac.v1.RoleArgs {
  const ofRecord = { apiGroups: [""], resources: ["configmaps"], resourceNames: [record], verbs: ["get", "patch"] };
  return { metadata, rules: [ofRecord, ...rules] };
}

/** Gives an account a Role. */
export function roleBinding(
  metadata: ObjectMetadata,
  role: pulumi.Input<string>,
  account: Account,
): k8s.rbac.v1.RoleBindingArgs {
  return {
    metadata,
    roleRef: { apiGroup, kind: "Role", name: role },
    subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
  };
}

/** Role of pods that read the labels of their nodes. It is a ClusterRole, since nodes belong to no namespace. */
export function nodeReader(labels: Record<string, string>): k8s.rbac.v1.ClusterRoleArgs {
  return { metadata: { labels }, rules: [{ apiGroups: [""], resources: ["nodes"], verbs: ["get"] }] };
}

/**
 * Name of an object, for bindings to it: unknown until the object is made. The API server must find a role that an account binds without the
 * permission to bind all, and would refuse to try the binding in the preview of a new ring.
 */
export const nameOnceMade = ({ id }: pulumi.CustomResource): pulumi.Output<string> =>
  id.apply((id) => id.replace(/^.*\//, ""));

/** Gives an account a ClusterRole. */
export function clusterRoleBinding(
  labels: Record<string, string>,
  role: pulumi.Input<string>,
  account: Account,
): k8s.rbac.v1.ClusterRoleBindingArgs {
  return {
    metadata: { labels },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: account.name, namespace: account.namespace }],
  };
}

/**
 * Rules of pods with ordinals.
 * @param statefulSets names of the StatefulSets of the ring
 * @param haveServices whether each pod has a Service to itself @default false
 */
export function orderedPodRules(statefulSets: string[], haveServices = false): PolicyRule[] {
  return [
    // How many members form the ring: in an environment variable, each change of `replicas` would restart every pod.
    { apiGroups: ["apps"], resources: ["statefulsets"], resourceNames: statefulSets, verbs: ["get"] },
    // Each member makes its PersistentVolumeClaim an owner of the record, so that Kubernetes deletes the record with the last of them.
    { apiGroups: [""], resources: ["persistentvolumeclaims"], verbs: ["get"] },
    // The address of its load balancer. A list of names would change with `replicas`, before a member that is to leave has left.
    ...(haveServices ? [{ apiGroups: [""], resources: ["services"], verbs: ["get"] }] : []),
  ];
}

/**
 * Rules of pods without ordinals. They look at each other, and at whether one pod is deleted or the whole ring. Their names are random,
 * and no Role can restrict a list to labels. An EndpointSlice would reveal less of other pods, but it is late: a new pod that is not in
 * it yet would be taken for a pod that is gone for good.
 * @param controller what makes the pods
 */
export function unorderedPodRules(
  namespace: pulumi.Input<string>,
  controller: { apiGroups: string[]; resources: string[]; resourceNames: string[] },
): PolicyRule[] {
  return [
    { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
    readNamespace(namespace),
    { ...controller, verbs: ["get"] },
  ];
}

/** Rules of a pod that stands alone: there are no others to look at. @param pod its name */
export function singlePodRules(namespace: pulumi.Input<string>, pod: string): PolicyRule[] {
  return [{ apiGroups: [""], resources: ["pods"], resourceNames: [pod], verbs: ["get"] }, readNamespace(namespace)];
}

/** Rule of pods that must know whether their namespace is being deleted: its pods are deleted before their controllers then. */
function readNamespace(namespace: pulumi.Input<string>): PolicyRule {
  return { apiGroups: [""], resources: ["namespaces"], resourceNames: [namespace], verbs: ["get"] };
}

/** Rule of pods that create the superuser in the ring and note in its Secret which password the ring has. @param secret its name */
export function superuserRule(secret: pulumi.Input<string>): PolicyRule {
  return { apiGroups: [""], resources: ["secrets"], resourceNames: [secret], verbs: ["get", "patch"] };
}
