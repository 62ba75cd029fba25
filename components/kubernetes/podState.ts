import type { V1Pod } from "@kubernetes/client-node";

/** Whether a pod takes requests. */
export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Whether a pod takes requests, and is not about to end. */
export const takesRequests = (pod: V1Pod): boolean => isReady(pod) && pod.metadata?.deletionTimestamp === undefined;

/** Whether a pod has ended for good, as an evicted one, which stays listed beside the pod that replaces it. */
export const hasEnded = ({ status }: V1Pod): boolean => /^(Failed|Succeeded)$/.test(status?.phase ?? "");
