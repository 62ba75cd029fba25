import type { V1ObjectMeta } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { ClusterChoice } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { isOfAnotherRing } from "../objects/labels";
import { settingOf } from "../engine/propertyNames";

/** What makes the pods of a ring. */
export interface PodController {
  kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Pod";
  /** Names of all of them. */
  names: string[];
}

/** One of them that is there. */
interface LiveController {
  name: string;
  /** Members that it asks for. */
  replicas: number;
  labels?: Record<string, string>;
}

/**
 * Hook of a ring's component, which is created where the ring is not in the state, before anything in it: refuses, in preview as
 * well, a ring that is there. A second stack of that name would write another password into the Secret of the first one's superuser,
 * and let its own clients in, before its set were refused. What the state knows in part is left to the hooks of the set itself.
 * @param selector labels of the ring's own pods
 */
export function refuseForeignPods(
  name: string,
  maker: PodController,
  cluster: ClusterChoice | undefined,
  selector: Record<string, string>,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-is-no-strangers`,
    async ({ newInputs }) => {
      const { namespace } = newInputs as { namespace?: string };
      // Of a namespace that is yet to be made, preview knows nothing; there is no ring in it.
      if (!namespace) return;
      const look = () => existingControllers(maker, namespace, cluster);
      const live = (await inspectOrWarn(`whether ring ${name} is there`, look, { isTold: false })) ?? [];
      // What is another ring's is never taken over: `refuseForeignRing` says so.
      const counts = live.filter(({ labels }) => !isOfAnotherRing(labels, selector));
      if (counts.length > 0) throw new Error(problem(maker, counts));
    },
    { onDryRun: true },
  );
}

/** Those of them that are there. */
export async function existingControllers(
  { kind, names }: PodController,
  namespace: string,
  cluster: ClusterChoice | undefined,
): Promise<LiveController[]> {
  const { apps, core } = await KubernetesClient.connect(cluster);
  const reads: Record<
    PodController["kind"],
    (reference: { name: string; namespace: string }) => Promise<{ metadata?: V1ObjectMeta; replicas?: number }>
  > = {
    StatefulSet: async (set) => {
      const { metadata, spec } = await apps.readNamespacedStatefulSet(set);
      return { metadata, replicas: spec?.replicas };
    },
    DaemonSet: async (set) => {
      const { metadata, status } = await apps.readNamespacedDaemonSet(set);
      return { metadata, replicas: status?.desiredNumberScheduled };
    },
    ReplicationController: async (controller) => {
      const { metadata, spec } = await core.readNamespacedReplicationController(controller);
      return { metadata, replicas: spec?.replicas };
    },
    Pod: async (pod) => ({ metadata: (await core.readNamespacedPod(pod)).metadata, replicas: 1 }),
  };
  const found = await Promise.all(
    names.map((name) =>
      reads[kind]({ name, namespace })
        .then(({ metadata, replicas = 0 }) => ({ name, replicas, labels: metadata?.labels }))
        .catch(undefinedWhenNotFound),
    ),
  );
  return found.flatMap((one) => one ?? []);
}

function problem({ kind }: PodController, live: LiveController[]): string {
  const [{ name, replicas }] = live;
  const all = live.reduce((sum, one) => sum + one.replicas, 0);
  const isCounted = kind === "StatefulSet" || kind === "ReplicationController";
  const [what, count] = isCounted ? ["replicas", `${settingOf("replicas", all)}, `] : ["pods", ""];
  return (
    `${kind} ${name} is there, with ${replicas} ${what}, and not in the state of this stack; nothing was touched. If it is this ` +
    "stack's own (a state that was lost, an update that was killed), take it over as it is: " +
    `\`pulumi config set kubernetes:upsertExistingObjects true\`, ${count}\`pulumi up\`; if it was imported, \`pulumi state delete\` it ` +
    "first. If it is another stack's, choose another name"
  );
}
