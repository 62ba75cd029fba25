import * as pulumi from "@pulumi/pulumi";
import { failUpdate } from "../engine/failUpdate";
import { qualifiedPropertyName } from "../engine/propertyNames";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound, apiErrorKind } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";

/** A Secret that pods mount, and that somebody else makes. */
export interface RequiredSecret {
  /** Config key that names it, without the project. */
  key: string;
  secretName: string;
  /** Keys that it must have. */
  files: string[];
  /** What else the files must be, for the message. @default nothing */
  form?: string;
  /** What is wrong with its data, each value in base64; undefined if nothing is. @default the values are not checked */
  problem?: (data: Record<string, string>) => string | undefined;
}

/**
 * Hook of a controller, or of a component that has a namespace: refuses, in preview as well, a Secret that is missing or wrong. A pod would wait for a missing Secret without a
 * message. For an account that may not read Secrets, the pods report later.
 */
export function refuseWithoutSecrets(
  name: string,
  cluster: KubeContext | undefined,
  needed: RequiredSecret[],
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-needs-secrets`,
    async ({ newInputs }) => {
      const inputs = newInputs as { namespace?: string; metadata?: { namespace?: string } };
      const namespace = inputs.metadata?.namespace ?? inputs.namespace;
      // A preview does not know a namespace that is yet to be made.
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

/**
 * Data of a Secret that somebody else makes, each value in base64. Each update reads it anew, with the client of the guards: the provider
 * would keep the whole Secret in the state, with the annotation in which `kubectl apply` leaves the data.
 * @returns never, if the Secret is missing or wrong: the update fails, and nothing that waits for the data is made
 */
export async function readRequiredSecret(
  secret: RequiredSecret,
  namespace: string,
  cluster: KubeContext | undefined,
): Promise<Record<string, string>> {
  const { core } = await KubernetesClient.connect(cluster);
  const found = await core.readNamespacedSecret({ name: secret.secretName, namespace }).catch(undefinedWhenNotFound);
  const problem = problemOf(secret, namespace, found?.data);
  if (problem === undefined) return found!.data!;
  failUpdate(problem);
  return new Promise(() => undefined);
}

/** A value of a Secret's data. */
export const decoded = (base64: string) => Buffer.from(base64, "base64").toString();

/** Why a Secret cannot be used, and what is allowed; undefined if it can. @param data undefined if there is no such Secret */
export function problemOf(
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
