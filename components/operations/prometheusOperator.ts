import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { KubernetesClient } from "../kubernetes/apiClient";
import { apiErrorKind } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { operatorApi } from "../monitoring/monitoring";

/**
 * Hook of a ring's component: refuses, in preview as well, a PodMonitor where the Kubernetes cluster does not know that kind. A preview would
 * show it, and the update would fail in its midst.
 */
export function refuseWithoutOperator(name: string, cluster: KubeContext | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-needs-operator`,
    async ({ newInputs }) => {
      // The preview of a namespace that is yet to be made does not know it.
      const { namespace = "default" } = newInputs as { namespace?: string };
      const { objects } = await KubernetesClient.connect(cluster);
      const isKnown = await objects.list(operatorApi, "PodMonitor", namespace).then(
        () => true,
        (error: Error) => {
          // Who may not list them is told that they exist.
          if (apiErrorKind(error) === "forbidden") return true;
          if (apiErrorKind(error) === "absent" || error.message.startsWith("Unrecognized API version")) return false;
          throw error;
        },
      );
      if (isKnown) return;
      throw new Error(
        `${propertyName("metrics")}: "podMonitor" is not allowed: the Kubernetes cluster has no kind PodMonitor (${operatorApi}), which the ` +
          'Prometheus operator brings; allowed is "annotations", or a cluster with that operator',
      );
    },
    { onDryRun: true },
  );
}
