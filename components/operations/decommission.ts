import * as pulumi from "@pulumi/pulumi";
import { propertyName, settingOf } from "../engine/propertyNames";
import { withAnswerTimeout, errorMessage } from "../kubernetes/apiClient";
import { ClusterChoice } from "../kubernetes/kubeconfig";
import { isOfAnotherRing } from "../objects/labels";
import { ProgressReporter } from "../engine/progressReporter";
import { shareFirstCall } from "../engine/shareFirstCall";
import { RingClient } from "../cassandra/ringClient";
import { restoreMembers, DecommissionBlocked, decommissionMembers } from "./topologyChanges";
import { RingReference } from "../cassandra/ringPods";
import { obstacles, outlook, passing, RingView, violations } from "./decommissionPlan";

interface SetInputs {
  metadata: { name: string; namespace: string };
  spec: { replicas: number };
}

/** Replicas that a set's inputs ask for. */
const replicasOf = (inputs: unknown) => (inputs as SetInputs).spec.replicas;

export interface DecommissionArgs extends Omit<RingReference, "namespace"> {
  /** The cluster that the set goes to. @default that of the default provider */
  cluster?: ClusterChoice;
  /** Whether the provider takes over a set that exists without being in the state. */
  takesOver: boolean;
}

/**
 * Hooks of StatefulSets whose pods are the members of one ring: those that a set gives up move their rows to the others and leave
 * the ring before it does, one at a time over all sets, which Pulumi updates at once. What is compared is the live sets and the
 * ring as it is, not only what the state remembers.
 * @param parent line of `pulumi up` that they write to: a hook cannot write to that of its own resource
 */
export function decommissionBeforeScaling(name: string, args: DecommissionArgs, parent: pulumi.Resource) {
  const isDryRun = pulumi.runtime.isDryRun();
  const report: ProgressReporter = (line, final = false) =>
    pulumi.log.info(`${args.name}: ${line}`, parent, undefined, !final);
  const warn = (line: string) => pulumi.log.warn(`${args.name}: ${line}`, parent);

  const clientOf = (inputs: unknown) => {
    const { namespace } = (inputs as SetInputs).metadata;
    return new RingClient(args.cluster, { ...args, namespace });
  };

  const unseen = (error: Error) => `the ring could not be checked: ${errorMessage(error)}`;

  const mustSee = <T>(look: () => Promise<T>): Promise<T> =>
    withAnswerTimeout(look).catch((error: Error) => {
      throw new Error(`ring ${args.name}: ${unseen(error)}. No pod was removed`);
    });

  /** Looks at the cluster; in preview, where the account may lack the permission, it is only said what could not be seen. */
  const see = async <T>(look: () => Promise<T>): Promise<T | undefined> => {
    if (!isDryRun) return mustSee(look);
    return withAnswerTimeout(look).catch(async (error: Error) => {
      await warn(
        `${unseen(error)}. \`pulumi up\` checks again, and touches nothing before it has seen that no row is lost`,
      );
      return undefined;
    });
  };

  function refuse(wanted: number, lines: string[]): never {
    throw new Error(
      `${propertyName("replicas")}: ${wanted} is not allowed for ring ${args.name} now:\n${lines.join("\n")}`,
    );
  }

  async function tellOf(ring: RingView, was: number, wanted: number): Promise<void> {
    const wrong = violations(ring, wanted);
    if (wrong.length > 0) refuse(wanted, wrong);
    await report(outlook(ring, was, wanted), true);
    for (const line of obstacles(ring, wanted)) {
      await warn(`${line}. As long as that is so, \`pulumi up\` refuses this edit`);
    }
    for (const line of passing(ring, wanted)) await warn(`${line}. \`pulumi up\` waits until that has ended`);
  }

  /** The first set to be updated does it for all. Counts are those of the ring. */
  const makeSmaller = shareFirstCall(async (client: RingClient, was: number, wanted: number): Promise<void> => {
    if (isDryRun) {
      if (await see(() => client.isUnformed())) return;
      const ring = await see(() => client.look());
      if (ring) await tellOf(ring, was, wanted);
      return;
    }
    await decommissionMembers(client, wanted, report, { look: mustSee }).catch((error: Error) => {
      if (error instanceof DecommissionBlocked) refuse(wanted, error.message.split("\n"));
      throw error;
    });
  });
  const backFirst = shareFirstCall((client: RingClient, wanted: number) => restoreMembers(client, wanted, report));
  /** All sets of a ring have the same count. */
  const ofRing = (replicas: number) => replicas * args.sets.length;

  const beforeUpdate = new pulumi.ResourceHook(
    `${name}-members-leave-first`,
    async ({ oldInputs, newInputs }) => {
      const [client, wanted] = [clientOf(newInputs), replicasOf(newInputs)];
      const set = (newInputs as SetInputs).metadata.name;
      const seen = await see(async () => ({ live: await client.replicasOf(set) }));
      if (!seen) return;
      // Somebody may have scaled the set by hand: those members are as real as the ones that the state knows of.
      const was = Math.max(replicasOf(oldInputs), seen.live ?? 0);
      if (!isDryRun) await backFirst(client, ofRing(wanted));
      if (wanted < was) await makeSmaller(client, ofRing(was), ofRing(wanted));
    },
    { onDryRun: true },
  );

  const beforeCreate = new pulumi.ResourceHook(
    `${name}-is-a-first-create`,
    async ({ newInputs }) => {
      const [client, wanted, set] = [
        clientOf(newInputs),
        replicasOf(newInputs),
        (newInputs as SetInputs).metadata.name,
      ];
      const found = await see(async () => ({
        live: await client.replicasOf(set),
        labels: await client.labelsOf(set),
        kept: await client.keptMembers(),
      }));
      if (!found) return;
      const { live, labels, kept } = found;
      // It is never taken over: its members would leave a ring that is not theirs.
      if (isOfAnotherRing(labels, args.selector)) {
        throw new Error(
          `StatefulSet ${set} is there, of another ring: ring ${args.name} cannot take it over. Choose another name`,
        );
      }
      if (live !== undefined && !args.takesOver) {
        throw new Error(
          `StatefulSet ${set} is there, with ${live} replicas, and not in the state of this stack. If it is this stack's ` +
            "own (a state that was lost, an update that was killed), take it over at its own count: " +
            "`pulumi config set kubernetes:upsertExistingObjects true`, " +
            `${settingOf("replicas", ofRing(live))}, \`pulumi up\`; if it was imported, \`pulumi state delete\` it first. If it is ` +
            "another stack's, choose another name",
        );
      }
      if (live !== undefined && wanted < live) await makeSmaller(client, ofRing(live), ofRing(wanted));
      const most = ofRing(Math.ceil(Math.max(0, ...kept.map((ringOrdinal) => ringOrdinal + 1)) / args.sets.length));
      if (live === undefined && most > ofRing(wanted)) {
        throw new Error(
          `${propertyName("replicas")}: ${ofRing(wanted)} is below the ${most} members of ring ${args.name} whose volumes are kept: their data ` +
            `would be missing; allowed is ${most} or more: start all of them first, and scale down afterwards`,
        );
      }
    },
    { onDryRun: true },
  );
  return { beforeCreate: [beforeCreate], beforeUpdate: [beforeUpdate] };
}
