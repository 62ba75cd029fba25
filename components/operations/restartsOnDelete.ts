import * as pulumi from "@pulumi/pulumi";
import { KubeContext } from "../kubernetes/kubeconfig";
import { KubernetesClient, retryWhileUnavailable } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";

/**
 * Hook of a StatefulSet whose pods this program restarts itself (`updateStrategy: OnDelete`). A StatefulSet that used `RollingUpdate`
 * keeps the settings of that strategy, which the API server has filled in. No field manager owns these settings, so no apply removes
 * them, and the API server refuses them beside `OnDelete`.
 */
export function restartsOnDelete(name: string, cluster: KubeContext | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-restarts-on-delete`, async ({ newInputs }) => {
    const { metadata } = newInputs as { metadata: { name: string; namespace: string } };
    const set = { name: metadata.name, namespace: metadata.namespace };
    const { apps } = await KubernetesClient.connect(cluster);
    const live = await retryWhileUnavailable(() => apps.readNamespacedStatefulSet(set).catch(undefinedWhenNotFound));
    if (!live?.spec?.updateStrategy?.rollingUpdate) return;
    const body = [{ op: "replace", path: "/spec/updateStrategy", value: { type: "OnDelete" } }];
    await apps.patchNamespacedStatefulSet({ ...set, body });
  });
}
