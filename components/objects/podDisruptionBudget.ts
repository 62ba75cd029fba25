import * as k8s from "../kubernetes/resources";
import type { ObjectMetadata } from "./labels";

/** Budget that lets one pod of a ring at a time be evicted, as when a node is drained. @param selector labels of the ring's pods */
export function podDisruptionBudget(
  metadata: ObjectMetadata,
  selector: Record<string, string>,
): k8s.policy.v1.PodDisruptionBudgetArgs {
  return { metadata, spec: { maxUnavailable: 1, selector: { matchLabels: selector } } };
}

/** Budget that lets no pod be evicted: the only pod of a ring, with which its data would go. */
export function noEviction(
  metadata: ObjectMetadata,
  selector: Record<string, string>,
): k8s.policy.v1.PodDisruptionBudgetArgs {
  return { metadata, spec: { minAvailable: 1, selector: { matchLabels: selector } } };
}
