import type { V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { withAnswerTimeout, KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";

/**
 * Hook of a ring's component, which is created if the ring is not in the state: refuses, in preview as well, the Cassandra cluster name
 * of another ring in the Kubernetes cluster. Members look for each other at their last addresses. If a member of another ring has such an
 * address now, only the cluster name keeps the two rings apart, and rings of one name merge.
 *
 * The namespace is not part of the name: a member starts only under the name that it was made with. If a ring comes back to its volumes,
 * or its state was lost, only its disks know that name. Such a ring gets a warning.
 */
export function refuseClusterNameInUse(
  name: string,
  { ring, cluster, comesBack }: { ring: string; cluster?: KubeContext; comesBack: ReturnsToData },
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-has-its-own-name`,
    async ({ newInputs }) => {
      const { namespace, clusterName } = newInputs as { namespace?: string; clusterName?: string };
      if (!namespace || !clusterName) return;
      const inspect = async () => {
        const connection = await KubernetesClient.connect(cluster);
        const other = (await ringsIn(connection, cluster)).find(
          (one) => one.clusterName === clusterName && (one.namespace !== namespace || one.ring !== ring),
        );
        return { other, isBack: other !== undefined && (await comesBack(connection, namespace)) };
      };
      const { other, isBack } = await withAnswerTimeout(inspect).catch(async (error: Error) => {
        await pulumi.log.warn(
          `ring ${ring}: whether another ring has the cluster name "${clusterName}" could not be checked: ${errorMessage(error)}`,
        );
        return { other: undefined, isBack: false };
      });
      if (!other) return;
      const problem = `ring ${other.ring} in namespace ${other.namespace} has this name, and the two rings may merge`;
      const where = `${propertyName("clusterName")}: "${clusterName}"`;
      if (isBack)
        await pulumi.log.warn(
          `${where} is the name of two rings: ${problem}. Ring ${ring} was made with this name, and keeps it`,
        );
      else
        throw new Error(
          `${where} is not allowed for ring ${ring}: ${problem} when an address is used again; allowed is a name that no ring ` +
            `has, such as "${ring}-${namespace}"`,
        );
    },
    { onDryRun: true },
  );
}

/** Whether a ring comes back to its data, or may. */
export type ReturnsToData = (cluster: KubernetesClient, namespace: string) => Promise<boolean>;

/** Whether these StatefulSets have PersistentVolumeClaims. @param claim name of the volume claim template */
export const hasVolumes =
  (claim: string, sets: string[]): ReturnsToData =>
  async ({ core }, namespace) => {
    const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    const kept = new RegExp(`^${claim}-(${sets.join("|")})-\\d+$`);
    return items.some(({ metadata }) => kept.test(metadata!.name!));
  };

/** A ring that has pods. */
interface NamedRing {
  namespace: string;
  ring: string;
  clusterName: string;
}

/** Milliseconds for which the list of rings is kept, so that not every ring of a stack lists all pods. */
const cacheMilliseconds = 30_000;
const asked = new Map<string, { at: number; rings: Promise<NamedRing[]> }>();

/** All rings with pods in the Kubernetes cluster, those of the tutorials included. */
function ringsIn({ core }: KubernetesClient, kubeContext: KubeContext | undefined): Promise<NamedRing[]> {
  const key = JSON.stringify(kubeContext ?? {});
  const last = asked.get(key);
  if (last && Date.now() - last.at < cacheMilliseconds) return last.rings;
  const rings = core
    .listPodForAllNamespaces({ labelSelector: "app=cassandra" })
    .then(({ items }) => items.flatMap((pod) => ringOf(pod) ?? []));
  asked.set(key, { at: Date.now(), rings });
  return rings;
}

/** The ring of a pod; undefined if the pod is being deleted or has ended. */
function ringOf({ metadata, spec, status }: V1Pod): NamedRing | undefined {
  if (metadata?.deletionTimestamp || /^(Succeeded|Failed)$/.test(status?.phase ?? "")) return undefined;
  const variables = spec?.containers.flatMap(({ env }) => env ?? []);
  const clusterName = variables?.find(({ name }) => name === "CASSANDRA_CLUSTER_NAME")?.value;
  // Pods of the tutorials have only the label `app`.
  const ring = metadata?.labels?.["app.kubernetes.io/instance"] ?? "cassandra";
  return clusterName === undefined ? undefined : { namespace: metadata!.namespace!, ring, clusterName };
}
