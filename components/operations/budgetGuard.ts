import * as pulumi from "@pulumi/pulumi";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import type { WorkloadMemory } from "./replacementGuard";

/**
 * Hook before the PodDisruptionBudget of a pod that stands alone is created: refuses, in preview as well, another budget for a pod that
 * exists. The old budget owns the pod. An update that replaces the budget alone (`--target-replace`) deletes the old budget, and
 * Kubernetes would delete the pod with it.
 * @param pod name of the pod
 * @param memory what an earlier update has remembered of the pod
 */
export function refuseOtherBudget(
  name: string,
  pod: string,
  memory: Pick<WorkloadMemory, "uids">,
  cluster: KubeContext | undefined,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-keeps-its-budget`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace?: string } }).metadata;
      const uids = await memory.uids;
      if (!namespace || !uids[pod]) return;
      const inspect = async () =>
        (await KubernetesClient.connect(cluster)).core
          .readNamespacedPod({ name: pod, namespace })
          .catch(undefinedWhenNotFound);
      const live = await inspectOrWarn(`whether Pod ${namespace}/${pod} exists`, inspect, { isTold: false });
      const budget = live?.metadata?.ownerReferences?.find(({ kind }) => kind === "PodDisruptionBudget");
      if (live?.metadata?.uid !== uids[pod] || !budget) return;
      throw new Error(
        `PodDisruptionBudget ${namespace}/${budget.name} is not replaced: Pod ${pod} would be deleted with it, and its data. No edit of ` +
          "the stack needs that: `pulumi state untaint` takes `pulumi state taint` back, and `--target-replace` can be left out. If the " +
          "budget was removed from the state, `pulumi import` puts it back",
      );
    },
    { onDryRun: true },
  );
}
