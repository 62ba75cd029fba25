import type { V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { propertyName } from "../engine/propertyNames";
import { withAnswerTimeout, KubernetesClient, errorMessage } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";

/**
 * Hook of a ring's component, which is created where the ring is not in the state: refuses, in preview as well, a Cassandra cluster
 * name that another ring of the Kubernetes cluster has. Members look for each other at the addresses that they had last. Where such an
 * address has come to a member of another ring, that one turns them away by the name alone, and rings of one name become one.
 *
 * A name is not made of the namespace instead: a member starts under no other name than it was made with, and of a ring that comes
 * back to its volumes, or whose state was lost, nothing but its disks tells that. Such a ring is only warned of.
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
      const problem = `ring ${other.ring} in namespace ${other.namespace} has it, and members of both may take each other for their own`;
      const where = `${propertyName("clusterName")}: "${clusterName}"`;
      if (isBack)
        await pulumi.log.warn(`${where} is that of two rings: ${problem}. Ring ${ring} was made with it, and keeps it`);
      else
        throw new Error(
          `${where} is not allowed for ring ${ring}: ${problem} where an address is used again; allowed is one that no ring ` +
            `has, such as "${ring}-${namespace}"`,
        );
    },
    { onDryRun: true },
  );
}

/** Whether a ring comes back to disks that it has left, or may. */
export type ReturnsToData = (cluster: KubernetesClient, namespace: string) => Promise<boolean>;

/** Whether there are claims of these sets. @param claim name of their claim template */
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

/** Milliseconds for which an answer holds, so that the many rings of one stack do not ask for all pods each. */
const holds = 30_000;
const asked = new Map<string, { at: number; rings: Promise<NamedRing[]> }>();

/** All rings of a cluster that have pods, those that the tutorials made among them. */
function ringsIn({ core }: KubernetesClient, kubeContext: KubeContext | undefined): Promise<NamedRing[]> {
  const key = JSON.stringify(kubeContext ?? {});
  const last = asked.get(key);
  if (last && Date.now() - last.at < holds) return last.rings;
  const rings = core
    .listPodForAllNamespaces({ labelSelector: "app=cassandra" })
    .then(({ items }) => items.flatMap((pod) => ringOf(pod) ?? []));
  asked.set(key, { at: Date.now(), rings });
  return rings;
}

/** Of which ring a pod is; undefined for one that goes, or has ended. */
function ringOf({ metadata, spec, status }: V1Pod): NamedRing | undefined {
  if (metadata?.deletionTimestamp || /^(Succeeded|Failed)$/.test(status?.phase ?? "")) return undefined;
  const variables = spec?.containers.flatMap(({ env }) => env ?? []);
  const clusterName = variables?.find(({ name }) => name === "CASSANDRA_CLUSTER_NAME")?.value;
  // Pods of the tutorials say no more than `app`.
  const ring = metadata?.labels?.["app.kubernetes.io/instance"] ?? "cassandra";
  return clusterName === undefined ? undefined : { namespace: metadata!.namespace!, ring, clusterName };
}
