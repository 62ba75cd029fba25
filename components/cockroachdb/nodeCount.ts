import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { ringOrdinalOf } from "../objects/racks";
import { propertyName } from "../engine/propertyNames";

export interface NodeCountArgs {
  /** The cluster, as messages name it: `CockroachDB cluster cockroachdb`. */
  subject: string;
  /** Name of the volume claim template. */
  claim: string;
  /** How to make the cluster of a namespace smaller by hand, for the message. */
  waysDown: (namespace: string) => string;
  /** The Kubernetes cluster that it is in. @default that of the default provider */
  cluster?: KubeContext;
}

interface SetInputs {
  metadata: { name: string; namespace?: string };
  spec: { replicas: number };
}

/**
 * Hooks of a StatefulSet whose data this program does not move: refuse, in preview as well, fewer nodes than there are, or than have left
 * volumes. They count the live objects, since somebody may have scaled the StatefulSet by hand.
 */
export function refuseFewerNodes(name: string, args: NodeCountArgs) {
  const inspect = <T>(find: (cluster: KubernetesClient) => Promise<T>): Promise<T | undefined> =>
    inspectOrWarn(args.subject, async () => find(await KubernetesClient.connect(args.cluster)));

  const beforeUpdate = new pulumi.ResourceHook(
    `${name}-refuse-scale-down`,
    async ({ oldInputs, newInputs }) => {
      const { metadata, spec } = newInputs as SetInputs;
      const set = { name: metadata.name, namespace: metadata.namespace! };
      const known = (oldInputs as SetInputs).spec.replicas;
      const seen = await inspect(async (client) => ({
        live: (await client.apps.readNamespacedStatefulSet(set).catch(undefinedWhenNotFound))?.spec?.replicas,
        kept: await keptOrdinals(client, args.claim, set),
      }));
      const { live, kept = [] } = seen ?? {};
      const there = Math.max(known, live ?? known);
      // After a scale-down by hand, as the messages advise, there are fewer nodes than the state remembers.
      const isMadeByHand = live === spec.replicas && live > 0;
      if (spec.replicas < there && !isMadeByHand) {
        throw new Error(
          `${propertyName("replicas")}: ${spec.replicas} is below the ${there} nodes of ${args.subject}: decommission the nodes that go ` +
            `first, so that their data moves to the others. ${args.waysDown(set.namespace)}; allowed is ${there} or more`,
        );
      }
      const idle = kept.filter((ordinal) => ordinal >= spec.replicas);
      if ((spec.replicas !== known || spec.replicas !== live) && idle.length > 0) {
        throw new Error(
          `${propertyName("replicas")}: ${spec.replicas} is not allowed for ${args.subject} while there are the claims ` +
            `${idle.map((ordinal) => `${args.claim}-${set.name}-${ordinal}`).join(", ")}, whose nodes would not run: delete these claims once ` +
            `their nodes are decommissioned. ${args.waysDown(set.namespace)}; allowed is ${Math.max(...idle) + 1} or more`,
        );
      }
    },
    { onDryRun: true },
  );

  const beforeCreate = new pulumi.ResourceHook(
    `${name}-kept-nodes-come`,
    async ({ newInputs }) => {
      const { metadata, spec } = newInputs as SetInputs;
      // The namespace does not exist yet, so there are no volumes.
      const { namespace } = metadata;
      if (!namespace) return;
      const kept = await inspect((client) => keptOrdinals(client, args.claim, { name: metadata.name, namespace }));
      const most = Math.max(0, ...(kept ?? []).map((ordinal) => ordinal + 1));
      if (spec.replicas < most) {
        throw new Error(
          `${propertyName("replicas")}: ${spec.replicas} is below the ${most} nodes of ${args.subject} whose volumes are kept: the data ` +
            `on the other volumes would be missing; allowed is ${most} or more`,
        );
      }
    },
    { onDryRun: true },
  );
  return { beforeCreate: [beforeCreate], beforeUpdate: [beforeUpdate] };
}

/** Ordinals of the nodes that have left volumes, or use them. */
async function keptOrdinals(
  { core }: KubernetesClient,
  claim: string,
  { name, namespace }: { name: string; namespace: string },
): Promise<number[]> {
  const { items } = await core.listNamespacedPersistentVolumeClaim({ namespace });
  return items
    .map(({ metadata }) => ringOrdinalOf([`${claim}-${name}`], metadata!.name!))
    .filter((ordinal) => !Number.isNaN(ordinal))
    .sort((a, b) => a - b);
}
