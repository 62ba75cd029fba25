import * as pulumi from "@pulumi/pulumi";
import { propertyName, settingOf } from "../engine/propertyNames";
import { withAnswerTimeout } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { isOfAnotherRing } from "../objects/labels";
import { ProgressReporter } from "../engine/progressReporter";
import { shareFirstCall } from "../engine/shareFirstCall";
import { RingClient } from "../cassandra/ringClient";
import { NoMemberServesError } from "../cassandra/ringQueries";
import { noteCountEdit } from "./countEdits";
import { restoreMembers } from "./memberRestore";
import { DecommissionBlocked, decommissionMembers } from "./topologyChanges";
import { RingReference } from "../cassandra/ringPods";
import { obstacles, describeDecommission, passing, violations } from "./decommissionPlan";
import type { RingView } from "./ringView";

interface SetInputs {
  metadata: { name: string; namespace: string };
  spec: { replicas: number };
}

/** Replicas in the inputs of a StatefulSet. */
const replicasOf = (inputs: unknown) => (inputs as SetInputs).spec.replicas;

export interface DecommissionArgs extends Omit<RingReference, "namespace"> {
  /** The Kubernetes cluster of the StatefulSets. @default that of the default provider */
  cluster?: KubeContext;
  /** Whether the provider takes over a StatefulSet that exists without being in the state. */
  takesOver: boolean;
}

/**
 * Hooks of the StatefulSets of one ring: surplus members are decommissioned before their StatefulSet is scaled down. Pulumi updates all
 * StatefulSets at once, and the members leave one at a time. The live StatefulSets and the live ring count, not only the state.
 * @param parent line of `pulumi up` that the hooks write to: a hook cannot write to the line of its own resource
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

  const mustSee = <T>(inspect: () => Promise<T>): Promise<T> =>
    withAnswerTimeout(inspect).catch((error: Error) => {
      const message = `ring ${args.name}: ${unseen(error)}. No pod was removed`;
      throw error instanceof NoMemberServesError
        ? new NoMemberServesError(message, error.isStarting)
        : new Error(message);
    });

  /** Inspects the cluster. A preview, whose account may lack the permission, only warns that it could not. */
  const see = async <T>(inspect: () => Promise<T>): Promise<T | undefined> => {
    if (!isDryRun) return mustSee(inspect);
    return withAnswerTimeout(inspect).catch(async (error: Error) => {
      await warn(
        `${unseen(error)}. \`pulumi up\` checks again, and touches nothing before it has seen that no data is lost`,
      );
      return undefined;
    });
  };

  function refuse(wanted: number, lines: string[]): never {
    throw new Error(
      `${propertyName("replicas")}: ${wanted} is not allowed for ring ${args.name} now:\n${lines.join("\n")}`,
    );
  }

  async function previewDecommission(ring: RingView, was: number, wanted: number): Promise<void> {
    const wrong = violations(ring, wanted);
    if (wrong.length > 0) refuse(wanted, wrong);
    await report(describeDecommission(ring, was, wanted), true);
    for (const line of obstacles(ring, wanted)) {
      await warn(`${line}. While this is so, \`pulumi up\` refuses this edit`);
    }
    for (const line of passing(ring, wanted)) await warn(`${line}. \`pulumi up\` waits until that has ended`);
  }

  /** The first StatefulSet to be updated does this for all. `was` and `wanted` count the members of the ring. */
  const decommissionOnce = shareFirstCall(async (client: RingClient, was: number, wanted: number): Promise<void> => {
    if (isDryRun) {
      if (await see(() => client.isUnformed())) return;
      const ring = await see(() => client.inspect());
      if (ring) await previewDecommission(ring, was, wanted);
      return;
    }
    await decommissionMembers(client, wanted, report, { inspect: mustSee }).catch((error: Error) => {
      if (error instanceof DecommissionBlocked) refuse(wanted, error.message.split("\n"));
      throw error;
    });
  });
  const restoreOnce = shareFirstCall((client: RingClient, wanted: number) => restoreMembers(client, wanted, report));
  /** All StatefulSets of a ring have the same number of replicas. */
  const ofRing = (replicas: number) => replicas * args.sets.length;

  const beforeUpdate = new pulumi.ResourceHook(
    `${name}-members-leave-first`,
    async ({ oldInputs, newInputs }) => {
      const [client, wanted] = [clientOf(newInputs), replicasOf(newInputs)];
      const set = (newInputs as SetInputs).metadata.name;
      const seen = await see(async () => ({ live: await client.replicasOf(set) }));
      if (!seen) return;
      noteCountEdit(parent);
      // Somebody may have scaled the StatefulSet by hand: the state does not know these members, which have data as well.
      const was = Math.max(replicasOf(oldInputs), seen.live ?? 0);
      if (!isDryRun) await restoreOnce(client, ofRing(wanted));
      if (wanted < was) await decommissionOnce(client, ofRing(was), ofRing(wanted));
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
          `StatefulSet ${set} exists with ${live} replicas and is not in the state of this stack. If this stack made it (the state ` +
            "was lost, or an update was killed), take it over with its number of replicas: " +
            "`pulumi config set kubernetes:upsertExistingObjects true`, " +
            `${settingOf("replicas", ofRing(live))}, \`pulumi up\`; if it was imported, run \`pulumi state delete\` first. If another ` +
            "stack made it, choose another name",
        );
      }
      if (live !== undefined && wanted < live) await decommissionOnce(client, ofRing(live), ofRing(wanted));
      const most = ofRing(Math.ceil(Math.max(0, ...kept.map((ringOrdinal) => ringOrdinal + 1)) / args.sets.length));
      if (live === undefined && most > ofRing(wanted)) {
        throw new Error(
          `${propertyName("replicas")}: ${ofRing(wanted)} is below the ${most} members of ring ${args.name} whose volumes are kept: ` +
            `their data would be missing; allowed is ${most} or more: start all of them first, and scale down afterwards`,
        );
      }
    },
    { onDryRun: true },
  );
  return { beforeCreate: [beforeCreate], beforeUpdate: [beforeUpdate] };
}
