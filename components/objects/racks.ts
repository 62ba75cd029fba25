import * as pulumi from "@pulumi/pulumi";
import { Cluster, ClusterChoice, explain } from "../kubernetes/apiClient";

/** Label of nodes that tells their zone. */
export const zoneLabel = "topology.kubernetes.io/zone";

/** Label that tells the pods of one rack from those of another. */
export const rackLabel = "cassandra/rack";

/** Names of the sets that make a ring's pods: its own, or one for each rack. */
export function setsOf(name: string, racks: string[] = []): string[] {
  return racks.length === 0 ? [name] : racks.map((rack) => `${name}-${rack}`);
}

/**
 * A pod by its place in the ring. Members are counted over the sets in turn, `a-0`, `b-0`, `c-0`, `a-1`, so that a ring whose first
 * places are taken has as many in each rack. `ordinal_view.py` counts in the same way.
 */
export function podAt(sets: string[], place: number): string {
  return `${sets[place % sets.length]}-${Math.floor(place / sets.length)}`;
}

/** Place of a pod; NaN for what is no pod of these sets. */
export function placeOf(sets: string[], pod: string): number {
  const [, set, ordinal] = /^(.+)-(\d+)$/.exec(pod) ?? [];
  const index = sets.indexOf(set);
  return index < 0 ? NaN : Number(ordinal) * sets.length + index;
}

/**
 * Hook of a set whose pods may run in one zone alone: says so when no node is there for them. It refuses nothing, since a cluster
 * may make nodes when pods ask for them.
 * @param parent line of `pulumi up` that it writes to
 */
export function warnOfEmptyZone(
  name: string,
  zone: string,
  cluster: ClusterChoice | undefined,
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-has-nodes`,
    async () => {
      const { core } = await Cluster.connect(cluster);
      const found = await core.listNode().catch(async (error: Error) => {
        await pulumi.log.warn(`whether zone ${zone} has nodes could not be looked at: ${explain(error)}`, parent);
      });
      const zones = new Set(found?.items.flatMap(({ metadata }) => metadata?.labels?.[zoneLabel] ?? []));
      if (!found || zones.has(zone)) return;
      await pulumi.log.warn(
        `cassandra:racks: no node is in zone ${zone} (label ${zoneLabel}), so its members wait for one; zones with nodes are ` +
          `${[...zones].sort().join(", ") || "none"}`,
        parent,
      );
    },
    { onDryRun: true },
  );
}
