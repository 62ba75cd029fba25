import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { answered, Cluster, ClusterChoice, nothingWhenNotFound } from "../kubernetes/apiClient";

/** User and group of the official Cassandra image. */
export const cassandraUser = 999;

/** What the Pod Security Standard `restricted` asks of a pod, run as one user whose group owns its volumes. */
export function podSecurity(user: number): k8s.types.input.core.v1.PodSecurityContext {
  return {
    runAsUser: user,
    runAsGroup: user,
    runAsNonRoot: true,
    fsGroup: user,
    // Changing the owner of every file of a large volume would delay each restart.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** What it asks of each container; that the image cannot be written to goes beyond it. */
export const containerSecurity: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** Resources of a container that copies a file or sets an owner, and ends. */
export const smallStep = {
  requests: { cpu: "50m", memory: "32Mi", "ephemeral-storage": "16Mi" },
  limits: { memory: "128Mi", "ephemeral-storage": "64Mi" },
};

/** Secrets of a pod's namespace with which its images are pulled. @param names none for images that everyone may pull */
export function pullSecrets(names: string[] = []): Pick<k8s.types.input.core.v1.PodSpec, "imagePullSecrets"> {
  return names.length > 0 ? { imagePullSecrets: names.map((name) => ({ name })) } : {};
}

/** Label of a namespace that says which Pod Security Standard its pods must meet. */
export const enforceLabel = "pod-security.kubernetes.io/enforce";

/**
 * A controller is accepted though the namespace will admit none of its pods: what asks for more than the namespace allows is
 * refused before, in preview as well. An account that may not look at namespaces is left to what the cluster says later.
 * @param needs what is asked for: the config key with its value, and why that needs it
 * @returns hooks for the controller's creation and update; none where nothing is asked for
 */
export function refuseWhereRestricted(
  name: string,
  cluster: ClusterChoice | undefined,
  needs: { setting: string; need: string }[],
): pulumi.ResourceHook[] {
  if (needs.length === 0) return [];
  const hook = new pulumi.ResourceHook(
    `${name}-needs-privileges`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace: string } }).metadata;
      const { core } = await Cluster.connect(cluster);
      const found = await core.readNamespace({ name: namespace }).catch((error: Error & { code?: number }) => {
        if (error.code !== 403) return nothingWhenNotFound(error);
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
 * Hook of the patch that labels a namespace: where the namespace enforces another standard by somebody else's word, another stack's for
 * one, neither stack changes it back and forth. Refused in preview as well.
 */
export function refuseOtherStandard(name: string, cluster: ClusterChoice | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-standard-is-no-others`,
    async ({ oldInputs, newInputs }) => {
      const labelOf = (inputs: unknown) =>
        (inputs as { metadata: { labels?: Record<string, string> } } | undefined)?.metadata.labels?.[enforceLabel];
      const { metadata } = newInputs as { metadata: { name: string } };
      const look = async () =>
        (await Cluster.connect(cluster)).core.readNamespace({ name: metadata.name }).catch(nothingWhenNotFound);
      // An account that may not look at namespaces is left to what the API server says of the patch.
      const live = await answered(look).catch(() => undefined);
      const [wanted, present] = [labelOf(newInputs), labelOf(live)];
      if (!present || present === wanted || present === labelOf(oldInputs)) return;
      throw new Error(
        `cassandra:createNamespace: "true" is not allowed for namespace ${metadata.name}: it is there and enforces the Pod Security ` +
          `Standard ${present} by somebody else's word, and this stack would have it enforce ${wanted}; allowed is "false", which leaves ` +
          "the namespace as it is, and another namespace",
      );
    },
    { onDryRun: true },
  );
}
