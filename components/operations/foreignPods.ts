import type { V1ObjectMeta } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { urnInState } from "../engine/stackState";
import { isOfAnotherRing } from "../objects/labels";
import { settingOf } from "../engine/propertyNames";

/** The controllers of a ring's pods. */
export interface PodController {
  kind: "StatefulSet" | "DaemonSet" | "ReplicationController" | "Pod";
  /** Names of all controllers. */
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
 * Hook of a ring's component, which is created before anything in the ring, if the ring is not in the state: refuses, in preview as
 * well, a ring that exists. Otherwise a second stack would write its own password into the Secret of the first stack's superuser, and let
 * its own clients in, before its StatefulSet is refused. A ring that is partly in the state is left to the hooks of its controller.
 * @param selector labels of the ring's own pods
 */
export function refuseForeignPods(
  name: string,
  maker: PodController,
  cluster: KubeContext | undefined,
  selector: Record<string, string>,
): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-is-no-strangers`,
    async ({ newInputs }) => {
      const { namespace } = newInputs as { namespace?: string };
      // A preview does not know a namespace that is yet to be made. No ring is in such a namespace.
      if (!namespace) return;
      const inspect = () => existingControllers(maker, namespace, cluster);
      const live = (await inspectOrWarn(`whether ring ${name} exists`, inspect, { isTold: false })) ?? [];
      // What is another ring's is never taken over: `refuseForeignRing` says so.
      const counts = live.filter(({ labels }) => !isOfAnotherRing(labels, selector));
      if (counts.length === 0) return;
      const [{ name: first }] = counts;
      const held = await inspectOrWarn(`whether the state holds ${maker.kind} ${first}`, () =>
        urnInState(types[maker.kind], `${namespace}/${first}`),
      );
      throw new Error(held === undefined ? problem(maker, counts) : problemOfName(maker, first, held));
    },
    { onDryRun: true },
  );
}

/** The controllers that exist, with the pods that each asks for and their labels. */
export async function existingControllers(
  { kind, names }: PodController,
  namespace: string,
  cluster: KubeContext | undefined,
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

const types: Record<PodController["kind"], string> = {
  StatefulSet: "kubernetes:apps/v1:StatefulSet",
  DaemonSet: "kubernetes:apps/v1:DaemonSet",
  ReplicationController: "kubernetes:core/v1:ReplicationController",
  Pod: "kubernetes:core/v1:Pod",
};

/** The component has got another name or parent, and Pulumi would delete what it holds under the former one. */
function problemOfName({ kind }: PodController, name: string, urn: string): string {
  return (
    `${kind} ${name} is in the state of this stack as ${urn}, and this update would delete it with its pods; nothing was touched. Give the ` +
    "component its former name and parent again, or an alias of these. If the object was imported, run " +
    `\`pulumi state delete '${urn}'\` first`
  );
}

function problem({ kind }: PodController, live: LiveController[]): string {
  const [{ name, replicas }] = live;
  const all = live.reduce((sum, one) => sum + one.replicas, 0);
  const isCounted = kind === "StatefulSet" || kind === "ReplicationController";
  const [what, count] = isCounted ? ["replicas", `${settingOf("replicas", all)}, `] : ["pods", ""];
  return (
    `${kind} ${name} exists with ${replicas} ${what} and is not in the state of this stack; nothing was touched. If this stack made ` +
    "it (the state was lost, or an update was killed), take it over as it is: " +
    `\`pulumi config set kubernetes:upsertExistingObjects true\`, ${count}\`pulumi up\`; if it was imported, run \`pulumi state delete\` ` +
    "first. If another stack made it, choose another name"
  );
}
