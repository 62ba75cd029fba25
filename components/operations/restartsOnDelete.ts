import * as pulumi from "@pulumi/pulumi";
import { KubeContext } from "../kubernetes/kubeconfig";
import { KubernetesClient, retryWhileUnavailable, undefinedWhenNotFound } from "../kubernetes/apiClient";

/**
 * Hook of a StatefulSet whose pods this program restarts itself (`updateStrategy: OnDelete`). A set that has rolled by itself until
 * now keeps the settings for that, which the API server has filled in: nobody owns them, so that no apply takes them out, and
 * beside another strategy the API server refuses them.
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
