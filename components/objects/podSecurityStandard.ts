import * as pulumi from "@pulumi/pulumi";
import { withAnswerTimeout, KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { propertyName } from "../engine/propertyNames";

/** Label of a namespace: the Pod Security Standard that its pods must meet. */
export const enforceLabel = "pod-security.kubernetes.io/enforce";

/** What a pod has that a Pod Security Standard may not allow. */
export interface Privilege {
  /** The property with its value, as `lockMemory: "true"`. */
  setting: string;
  /** What the setting gives to the pod. */
  need: string;
}

/**
 * Hooks of a controller: refuse, in preview as well, what the namespace does not allow to pods. Kubernetes would accept the controller
 * and refuse each of its pods. For an account that may not read namespaces, Kubernetes decides later.
 * @param needs the privileges of the pods
 * @returns hooks before creation and update; none if there are no privileges
 */
export function refuseWhereRestricted(
  name: string,
  cluster: KubeContext | undefined,
  needs: Privilege[],
): pulumi.ResourceHook[] {
  if (needs.length === 0) return [];
  const hook = new pulumi.ResourceHook(
    `${name}-needs-privileges`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
      const { core } = await KubernetesClient.connect(cluster);
      const found = await core.readNamespace({ name: namespace }).catch((error: Error & { code?: number }) => {
        if (error.code !== 403) return undefinedWhenNotFound(error);
      });
      const level = found?.metadata?.labels?.[enforceLabel] ?? "privileged";
      if (level === "privileged") return;
      const lines = needs.map(
        ({ setting, need }) =>
          `${setting} is not allowed in namespace ${namespace}, which enforces the Pod Security Standard ${level}: ` +
          `${need}; allowed is a namespace labelled ${enforceLabel}: privileged`,
      );
      throw new Error(lines.join("\n"));
    },
    { onDryRun: true },
  );
  return [hook];
}

/**
 * Hook of the patch that labels a namespace: refuses, in preview as well, to change a standard that somebody else has set. Two stacks
 * would otherwise change the label back and forth.
 */
export function refuseOtherStandard(name: string, cluster: KubeContext | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-standard-is-no-others`,
    async ({ oldInputs, newInputs }) => {
      const labelOf = (inputs: unknown) =>
        (inputs as { metadata: { labels?: Record<string, string> } } | undefined)?.metadata.labels?.[enforceLabel];
      const { metadata } = newInputs as { metadata: { name: string } };
      const inspect = async () =>
        (await KubernetesClient.connect(cluster)).core
          .readNamespace({ name: metadata.name })
          .catch(undefinedWhenNotFound);
      // For an account that may not read namespaces, the API server decides on the patch.
      const live = await withAnswerTimeout(inspect).catch(() => undefined);
      const [wanted, present] = [labelOf(newInputs), labelOf(live)];
      if (!present || present === wanted || present === labelOf(oldInputs)) return;
      throw new Error(
        `${propertyName("createNamespace")}: "true" is not allowed for namespace ${metadata.name}: it exists and enforces the Pod ` +
          `Security Standard ${present}, which this stack has not set, and this stack would change that to ${wanted}; allowed is "false", which ` +
          "leaves the namespace as it is, or another namespace",
      );
    },
    { onDryRun: true },
  );
}
