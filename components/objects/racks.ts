import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient, errorMessage } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { propertyName } from "../engine/propertyNames";

/** Label of a node: its zone. */
export const zoneLabel = "topology.kubernetes.io/zone";

/** Label of a pod: the rack of its member. */
export const rackLabel = "cassandra/rack";

/** Names of the StatefulSets of a ring: one named as the ring, or one for each rack. */
export function setsOf(name: string, racks: string[] = []): string[] {
  return racks.length === 0 ? [name] : racks.map((rack) => `${name}-${rack}`);
}

/**
 * Name of a pod by its ordinal in the whole ring. The ordinals go over the StatefulSets in turn, `a-0`, `b-0`, `c-0`, `a-1`, so that the
 * first members are spread evenly over the racks. `ordinal_view.py` counts in the same way.
 */
export function podAt(sets: string[], ordinal: number): string {
  return `${sets[ordinal % sets.length]}-${Math.floor(ordinal / sets.length)}`;
}

/** Ordinal of a pod in the whole ring; NaN if these StatefulSets have no such pod. */
export function ringOrdinalOf(sets: string[], pod: string): number {
  const [, set, ordinal] = /^(.+)-(\d+)$/.exec(pod) ?? [];
  const index = sets.indexOf(set);
  return index < 0 ? NaN : Number(ordinal) * sets.length + index;
}

/**
 * Hook of a StatefulSet whose pods may run in one zone only: warns if no node is in that zone. It refuses nothing, since a cluster may
 * add nodes when pods need them.
 * @param parent the resource that `pulumi up` shows the warning at
 */
export function warnOfEmptyZone(
  name: string,
  zone: string,
  cluster: KubeContext | undefined,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-has-nodes`,
    async () => {
      const { core } = await KubernetesClient.connect(cluster);
      const found = await core.listNode().catch(async (error: Error) => {
        await pulumi.log.warn(
          `${propertyName("racks")}: cannot see whether zone ${zone} has nodes: ${errorMessage(error)}`,
          parent,
        );
      });
      const zones = new Set(found?.items.flatMap(({ metadata }) => metadata?.labels?.[zoneLabel] ?? []));
      if (!found || zones.has(zone)) return;
      await pulumi.log.warn(
        `${propertyName("racks")}: no node is in zone ${zone} (label ${zoneLabel}), so its members wait for one; zones with nodes are ` +
          `${[...zones].sort().join(", ") || "none"}`,
        parent,
      );
    },
    { onDryRun: true },
  );
}
