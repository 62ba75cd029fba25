import * as pulumi from "@pulumi/pulumi";
import { qualifiedPropertyName } from "../engine/propertyNames";
import { KubernetesClient, undefinedWhenNotFound, apiErrorKind } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";

/** A Secret of somebody else's that pods mount. */
export interface RequiredSecret {
  /** Config key that names it, without the project. */
  key: string;
  secretName: string;
  /** Keys that it must have. */
  files: string[];
  /** What more is asked of them, for the message. @default nothing */
  form?: string;
  /** What is wrong with its data, each value in base64; undefined when nothing is. @default nothing more is looked at */
  problem?: (data: Record<string, string>) => string | undefined;
}

/**
 * Hook of what makes the pods. A pod whose Secret is missing waits for it in silence: it is refused before, in preview as well. An
 * account that may not look at Secrets is left to what the pods say later.
 */
export function refuseWithoutSecrets(
  name: string,
  cluster: KubeContext | undefined,
  needed: RequiredSecret[],
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-needs-secrets`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace?: string } }).metadata;
      // A namespace that is yet to be made is not known in preview.
      if (!namespace) return;
      const { core } = await KubernetesClient.connect(cluster);
      const problems = await Promise.all(
        needed.map(async (secret) => {
          try {
            const found = await core
              .readNamespacedSecret({ name: secret.secretName, namespace })
              .catch(undefinedWhenNotFound);
            return problemOf(secret, namespace, found?.data);
          } catch (error) {
            if (apiErrorKind(error as Error) === "forbidden") return undefined;
            throw error;
          }
        }),
      );
      const lines = problems.filter((line) => line !== undefined);
      if (lines.length > 0) throw new Error(lines.join("\n"));
    },
    { onDryRun: true },
  );
}

function problemOf(
  { key, secretName, files, form, problem }: RequiredSecret,
  namespace: string,
  data: Record<string, string> | undefined,
): string | undefined {
  const missing = files.filter((file) => !data?.[file]);
  const why = !data
    ? "there is no such Secret"
    : missing.length > 0
      ? `it has no ${missing.join(" and no ")}`
      : problem?.(data);
  const allowed = [files.join(", "), ...(form ? [form] : [])].join(", ");
  return (
    why &&
    `${qualifiedPropertyName(key)}: "${secretName}" is not allowed in namespace ${namespace}: ${why}; allowed is a Secret with ${allowed}`
  );
}
