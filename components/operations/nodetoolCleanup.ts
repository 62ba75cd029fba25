import * as pulumi from "@pulumi/pulumi";
import { ClusterChoice } from "../kubernetes/apiClient";
import { RingClient } from "../cassandra/ringClient";
import { makeWhole } from "./convergence";
import { RingReference } from "../cassandra/ringPods";

export interface CleanUpArgs extends Omit<RingReference, "namespace"> {
  namespace: pulumi.Input<string>;
  /** Members of the ring. */
  replicas: number;
  /** The cluster that it is in. @default that of the default provider */
  cluster?: ClusterChoice;
}

interface State {
  replicas: number;
  namespace: string;
}

/**
 * What is left to do once a ring has another size. Where it has grown, the older members drop the rows that the new ones have
 * taken over, which Cassandra keeps until it is told so; where it has shrunk, the volumes go of those that left. It is a
 * resource of Pulumi's state alone, which remembers for how many members that was done: an update that fails in it owes it,
 * says so in preview, and does it the next time.
 */
export class CleanUp extends pulumi.ComponentResource {
  constructor(name: string, args: CleanUpArgs, opts: pulumi.ComponentResourceOptions) {
    const isDryRun = pulumi.runtime.isDryRun();
    const hook = new pulumi.ResourceHook(
      `${name}-clean-up`,
      async ({ oldInputs, newInputs }) => {
        const [was, wanted] = [oldInputs as State | undefined, newInputs as State];
        const client = new RingClient(args.cluster, { ...args, namespace: wanted.namespace });
        if (!was) {
          if (!isDryRun) await client.note();
          return;
        }
        const tell = (line: string, final = false) =>
          pulumi.log.info(`${args.name}: ${line}`, opts.parent, undefined, !final);
        const change = `replicas ${was.replicas} -> ${wanted.replicas}`;
        if (wanted.replicas <= was.replicas) {
          // Those that leave tell of it themselves.
          if (!isDryRun) await client.dropVolumes(wanted.replicas);
          return;
        }
        if (isDryRun) {
          // Without permission to look, the ring is taken to be what the state says of it.
          const isOwed = (await client.replicas().catch(() => was.replicas)) === wanted.replicas;
          const joins = isOwed
            ? "the new members are there, and"
            : "new members stream their share, one at a time; then";
          await tell(`${change}: ${joins} the older ones drop what they have handed over`, true);
          return;
        }
        // Cassandra cleans nothing up while a member leaves, or one is missing that has not.
        await makeWhole(client, { ...args, replicas: wanted.replicas }, { tell });
        // The last one has nobody to have handed anything over to.
        for (const pod of await client.recorded(wanted.replicas - 1)) {
          const what = `${pod} drops the rows that the new members have taken over`;
          await tell(what, false);
          await client.cleanUp(pod, (said) => tell(`${what}: ${said}`, false));
        }
        await tell(`${change}: the older members have dropped the rows that the new ones have taken over`, true);
      },
      { onDryRun: true },
    );
    const { replicas, namespace } = args;
    // Of a ring that was adopted, it puts the members on record first.
    const hooks = { beforeUpdate: [hook], beforeCreate: args.isAdopted ? [hook] : [] };
    super("cassandra:index:CleanUp", name, { replicas, namespace }, { ...opts, hooks });
    this.registerOutputs({});
  }
}
