import * as pulumi from "@pulumi/pulumi";

/**
 * Keeps facts in Pulumi's state, on which rows depend, and refuses an edit of them that would leave rows behind: in preview, and
 * in `up` before anything that depends on it is touched. It makes no object, and needs no cluster to decide.
 */
export class DataGuard<Facts extends object> extends pulumi.ComponentResource {
  /**
   * For `dependsOn`: what must come after the guard has let the edit pass. The guard itself in its place would not do: of a
   * component, Pulumi waits for the objects in it, and here there are none.
   */
  readonly passed: pulumi.Output<pulumi.Resource[]>;

  /**
   * @param facts what the state is to remember
   * @param losses what an edit from the old facts to the new ones would leave behind, a sentence for each
   * @param acceptDataLoss whether that is meant: then it is only said
   */
  constructor(
    name: string,
    facts: { [K in keyof Facts]: pulumi.Input<Facts[K]> },
    losses: (was: Facts, wanted: Facts) => string[],
    acceptDataLoss: boolean,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const guard = new pulumi.ResourceHook(
      `${name}-data-guard`,
      async ({ oldInputs, newInputs }) => {
        const lost = losses(oldInputs as Facts, newInputs as Facts);
        if (lost.length > 0 && !acceptDataLoss) {
          throw new Error(`${lost.join("\n")}\nallowed is that with cassandra:acceptDataLoss: true alone`);
        }
        for (const line of lost) await pulumi.log.warn(line);
      },
      { onDryRun: true },
    );
    super("cassandra:index:DataGuard", name, facts, { ...opts, hooks: { beforeUpdate: [guard] } });
    this.passed = this.urn.apply(() => []);
    this.registerOutputs({});
  }
}

/** What the state remembers of one ring. */
export interface RingFacts {
  /** Name of its set and Services. */
  name: string;
  /** What its rows lie in. */
  disk: "volumes" | "pods" | "nodes";
  /** Folder of the nodes, where they lie in those. */
  hostPath?: string;
  /** Topology whose pods it has taken over. */
  adopt?: string;
}

const fate = {
  volumes: "its volumes stay, and a later `pulumi up` of it finds the rows",
  pods: "its rows go with its pods",
  nodes: "its folders stay on the nodes",
};

/** Why the rows of a ring are not those of the stack after the edit; nothing when they are. */
function lossOf(topology: string, ring: RingFacts, wanted: Record<string, RingFacts>): string | undefined {
  const same = wanted[topology];
  if (same?.name === ring.name) {
    if (same.adopt !== ring.adopt)
      return `cassandra:${topology}.adopt: this edit gives the pods of ring ${ring.name} up`;
    if (ring.hostPath && same.hostPath !== ring.hostPath)
      return `cassandra:${topology}.hostPath: this edit leaves the rows in ${ring.hostPath} behind`;
    return undefined;
  }
  const all = Object.entries(wanted);
  if (all.some(([, { name, adopt }]) => adopt === topology && name === ring.name)) return undefined;
  const others = all.map(([other, { name }]) => `ring ${name} (${other})`).join(" or ");
  return `cassandra:topologies: this edit leaves ring ${ring.name} (${topology}) behind: its rows are not carried over to ${others}`;
}

/** What rings a stack would leave behind. @param was, wanted rings by their topology */
export function ringsLeftBehind(was: Record<string, RingFacts>, wanted: Record<string, RingFacts>): string[] {
  return Object.entries(was).flatMap(([topology, ring]) => {
    const loss = lossOf(topology, ring, wanted);
    return loss === undefined ? [] : [`${loss}, and ${fate[ring.disk]}`];
  });
}
