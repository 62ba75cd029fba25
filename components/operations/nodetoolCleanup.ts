import * as pulumi from "@pulumi/pulumi";
import { cleanedUp } from "../cassandra/record";
import { RingClient } from "../cassandra/ringClient";
import { RingReference } from "../cassandra/ringPods";
import { OwedStep } from "../engine/owedStep";
import { countOf } from "../engine/progress";
import { ProgressReporter, progressReporter } from "../engine/progressReporter";
import { KubeContext } from "../kubernetes/kubeconfig";
import { converge } from "./convergence";

export interface NodetoolCleanupArgs extends Omit<RingReference, "namespace"> {
  namespace: pulumi.Input<string>;
  /** Members of the ring. */
  replicas: number;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

interface Goal {
  replicas: number;
  namespace: string;
}

interface Plan {
  /** Members before the edit; undefined for a ring that is new to the state. */
  was?: number;
  wanted: number;
  client: RingClient;
}

/**
 * What is left to do once a ring has another size. If the ring has grown, the older members run `nodetool cleanup`, since Cassandra keeps
 * the data that moved to new members until then. If the ring has shrunk, the PersistentVolumeClaims of the members that left are deleted.
 * The state remembers for how many members that was done.
 */
export class NodetoolCleanup extends OwedStep<Goal, Plan> {
  private readonly report: ProgressReporter;

  constructor(
    name: string,
    private readonly args: NodetoolCleanupArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { replicas, namespace } = args;
    super(
      "cassandra:index:CleanUp",
      name,
      // In an adopted ring, the members are first written into the ring record.
      { hook: `${name}-clean-up`, goal: { replicas, namespace }, dueOnCreate: args.isAdopted },
      opts,
    );
    this.report = progressReporter(args.name, opts.parent);
    this.registerOutputs({});
  }

  protected override plan(was: Goal | undefined, { replicas, namespace }: Goal): Plan {
    const { args } = this;
    return { was: was?.replicas, wanted: replicas, client: new RingClient(args.cluster, { ...args, namespace }) };
  }

  protected override async preview({ was, wanted, client }: Plan): Promise<void> {
    // Members that leave are reported by the hooks of their StatefulSet.
    if (was === undefined || wanted <= was) return;
    // Without the permission to read, the state counts.
    const isOwed = (await client.replicas().catch(() => was)) === wanted;
    const joins = isOwed ? "the new members are there; then" : "new members stream their share, one at a time; then";
    await this.report(`replicas ${was} -> ${wanted}: ${joins} the older members run \`nodetool cleanup\``, true);
  }

  protected override async act({ was, wanted, client }: Plan): Promise<void> {
    if (was === undefined) return client.recordTutorialPods();
    if (wanted <= was) return client.deleteVolumes(wanted);
    const { args, report } = this;
    // Cassandra refuses a cleanup while a member leaves, or while one is down that has not left.
    await converge(client, { ...args, replicas: wanted }, { report });
    // No other member has taken data over from the last one.
    const older = await client.recordedMembers(wanted - 1);
    for (const [i, pod] of older.entries()) {
      const count = countOf(i + 1, older.length);
      const what = `${pod} runs \`nodetool cleanup\`, since the new members hold part of its data now${count}`;
      await report(what);
      await client.cleanup(pod, (said) => report(`${what}: ${said}`));
    }
    await client.updateRecord(cleanedUp);
    await report(`replicas ${was} -> ${wanted}: \`nodetool cleanup\` has run on the older members`, true);
  }
}
