import * as pulumi from "@pulumi/pulumi";
import { waitUntilClear, KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage, undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";

/** Minutes that Kubernetes may take to delete an object whose owners are gone. It takes seconds as a rule. */
const collectionMinutes = 1;

/**
 * Hook of an object that outlives the stack: waits until Kubernetes has deleted the object of an earlier ring. Kubernetes deletes it a
 * moment after the last PersistentVolumeClaim that owns it. A new ring that started on the old record would take its own empty volumes
 * for lost ones, and then Kubernetes would delete the record.
 */
export function afterItsVolumes(
  name: string,
  kind: "ConfigMap" | "Secret",
  objectName: string,
  cluster: KubeContext | undefined,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}-${kind}-after-its-volumes`, async ({ newInputs }) => {
    const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
    const { core } = await KubernetesClient.connect(cluster);
    const object = { name: objectName, namespace };
    const whyNot = async (): Promise<string | undefined> => {
      const kept = await (
        kind === "Secret" ? core.readNamespacedSecret(object) : core.readNamespacedConfigMap(object)
      ).catch(undefinedWhenNotFound);
      const owners = kept?.metadata?.ownerReferences ?? [];
      if (owners.length === 0) return undefined;
      const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
      if (items.some(({ metadata }) => owners.some(({ uid }) => uid === metadata!.uid))) return undefined;
      return "Kubernetes has not deleted it";
    };
    await waitUntilClear(whyNot, collectionMinutes).catch((error: Error) => {
      throw new Error(
        `${kind} ${objectName} belongs to an earlier ring whose PersistentVolumeClaims are gone: ${errorMessage(error)}. Run ` +
          `\`kubectl delete ${kind.toLowerCase()} -n ${namespace} ${objectName}\`, then \`pulumi up\` again`,
      );
    });
  });
}
