import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { settingOf } from "../engine/propertyNames";

/** What makes the pods of a ring. */
export interface PodController {
  kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Pod";
  /** Names of all of them. */
  names: string[];
}

/**
 * Hook of a ring's component, which is created where the ring is not in the state, before anything in it: refuses, in preview as
 * well, a ring that is there. A second stack of that name would write another password into the Secret of the first one's superuser,
 * and let its own clients in, before its set were refused. What the state knows in part is left to the hooks of the set itself.
 */
export function refuseForeignPods(
  name: string,
  maker: PodController,
  cluster: KubeContext | undefined,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-is-no-strangers`,
    async ({ newInputs }) => {
      const { namespace } = newInputs as { namespace?: string };
      // Of a namespace that is yet to be made, preview knows nothing; there is no ring in it.
      if (!namespace) return;
      const inspect = () => existingControllers(maker, namespace, cluster);
      const counts = (await inspectOrWarn(`whether ring ${name} is there`, inspect, { isTold: false })) ?? [];
      if (counts.length > 0) throw new Error(problem(maker, counts));
    },
    { onDryRun: true },
  );
}

/** Members that those that are there ask for, by their names. */
export async function existingControllers(
  { kind, names }: PodController,
  namespace: string,
  cluster: KubeContext | undefined,
): Promise<{ name: string; replicas: number }[]> {
  const { apps, core } = await KubernetesClient.connect(cluster);
  const counts: Record<
    PodController["kind"],
    (reference: { name: string; namespace: string }) => Promise<number | undefined>
  > = {
    StatefulSet: async (set) => (await apps.readNamespacedStatefulSet(set)).spec?.replicas,
    DaemonSet: async (set) => (await apps.readNamespacedDaemonSet(set)).status?.desiredNumberScheduled,
    ReplicationController: async (controller) =>
      (await core.readNamespacedReplicationController(controller)).spec?.replicas,
    Pod: async (pod) => (await core.readNamespacedPod(pod)) && 1,
  };
  const found = await Promise.all(
    names.map((name) =>
      counts[kind]({ name, namespace })
        .then((replicas = 0) => ({ name, replicas }))
        .catch(undefinedWhenNotFound),
    ),
  );
  return found.flatMap((one) => one ?? []);
}

function problem({ kind }: PodController, live: { name: string; replicas: number }[]): string {
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
