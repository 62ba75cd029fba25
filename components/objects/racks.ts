import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
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

/** Labels of the nodes of each rack, by its name. */
export type RackNodeSelectors = Record<string, Record<string, string>>;

/** The selectors in the order of the racks, whatever order they are written in; left out where there are none. */
export function ofRacks(racks: string[], selectors: RackNodeSelectors = {}): { rackNodeSelectors?: RackNodeSelectors } {
  const own = racks.filter((rack) => Object.keys(selectors).includes(rack));
  if (own.length === 0) return {};
  const sorted = (labels: Record<string, string>) => Object.fromEntries(Object.entries(labels).sort());
  return { rackNodeSelectors: Object.fromEntries(own.map((rack) => [rack, sorted(selectors[rack])])) };
}

/** Labels of the nodes that may run the members of a rack. @param selectors of racks that are no zones @default the zone of its name */
export function nodeSelectorOf(rack: string, selectors: RackNodeSelectors = {}): Record<string, string> {
  return Object.keys(selectors).includes(rack) ? selectors[rack] : { [zoneLabel]: rack };
}

/**
 * Hook of a StatefulSet whose pods may run on the nodes of one rack only: warns if there is no such node. It refuses nothing, since a
 * cluster may add nodes when pods need them.
 * @param parent the resource that `pulumi up` shows the warning at
 */
export function warnOfRackWithoutNodes(
  name: string,
  rack: string,
  selectors: RackNodeSelectors | undefined,
  cluster: KubeContext | undefined,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  const nodeSelector = nodeSelectorOf(rack, selectors);
  const selected = Object.entries(nodeSelector)
    .map(([key, value]) => `${key}=${value}`)
    .join(" and ");
  return new pulumi.ResourceHook(
    `${name}-has-nodes`,
    async () => {
      const { core } = await KubernetesClient.connect(cluster);
      const found = await core.listNode().catch(async (error: Error) => {
        await pulumi.log.warn(
          `${propertyName("racks")}: cannot see whether rack ${rack} has nodes: ${errorMessage(error)}`,
          parent,
        );
      });
      if (!found) return;
      const all = found.items.map(({ metadata }) => metadata?.labels ?? {});
      if (all.some((labels) => Object.entries(nodeSelector).every(([key, value]) => labels[key] === value))) return;
      const values = Object.keys(nodeSelector).map((key) => {
        const seen = new Set(all.flatMap((labels) => labels[key] ?? []));
        return `${key} has the values ${[...seen].sort().join(", ") || "none"}`;
      });
      await pulumi.log.warn(
        `${propertyName("racks")}: no node has ${selected}, so the members of rack ${rack} wait for one; on the nodes that exist, ` +
          values.join(", and "),
        parent,
      );
    },
    { onDryRun: true },
  );
}
