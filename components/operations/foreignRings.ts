import type { V1ObjectMeta } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { propertyName } from "../engine/propertyNames";
import { KubernetesClient } from "../kubernetes/apiClient";
import { apiErrorKind } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { type Identity, instanceLabel, isOfAnotherRing, isOfProgram, selectorLabels } from "../objects/labels";
import type { PodController } from "./foreignPods";
import type { RingTopology } from "./ringSnapshots";

/** What a ring makes under its name. */
export interface OwnObjects {
  /** Topology, by the word that config has for it. */
  topology: RingTopology;
  /** Labels of its objects. */
  identity: Identity;
  /** Names of its Services. */
  services: string[];
  /** What makes its pods. */
  maker: PodController;
  /** Whether it has taken over the pod of its name (`adoptPod`). @default false */
  adoptsPod?: boolean;
}

interface Found {
  kind: PodController["kind"] | "Service";
  metadata?: V1ObjectMeta;
}

/**
 * Hook of the headless Service of a ring, which is made before everything else in it: refuses, in preview as well, a name under which
 * another ring has objects, whatever makes that ring's pods. The two would share a Secret and Services, and `pulumi destroy` of one would
 * delete those of the other. The provider would take them over where it is told to (`upsertExistingObjects`). A ring that only moves to
 * another topology keeps its Service in the state, and the hook is not called.
 */
export function refuseForeignRing(name: string, own: OwnObjects, cluster: KubeContext): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-has-its-own-objects`,
    async ({ newInputs }) => {
      const { namespace } = (newInputs as { metadata: { namespace?: string } }).metadata;
      // A namespace that is yet to be made has no ring in it.
      if (!namespace) return;
      const inspect = () => objectsIn(namespace, cluster);
      const found = (await inspectOrWarn(`whether another ring ${name} is there`, inspect, { isTold: false })) ?? [];
      const other = found.find((one) => isForeign(one, own));
      if (!other) return;
      const ring = own.identity.name;
      throw new Error(
        `${propertyName("name", own.topology)}: "${ring}" is not allowed in namespace ${namespace}: ${other.kind} ` +
          `${other.metadata!.name} is there, of another ring, whose Secret and Services ring ${ring} would overwrite; nothing was ` +
          "touched; allowed is a name that no other ring of the namespace has",
      );
    },
    { onDryRun: true },
  );
}

/** Services of a namespace, and what makes pods there. What the account may not list is left out: every ring has a Service. */
async function objectsIn(namespace: string, cluster: KubeContext): Promise<Found[]> {
  const { apps, core } = await KubernetesClient.connect(cluster);
  const lists: Record<Found["kind"], () => Promise<{ items: { metadata?: V1ObjectMeta }[] }>> = {
    Service: () => core.listNamespacedService({ namespace }),
    StatefulSet: () => apps.listNamespacedStatefulSet({ namespace }),
    DaemonSet: () => apps.listNamespacedDaemonSet({ namespace }),
    ReplicationController: () => core.listNamespacedReplicationController({ namespace }),
    Pod: () => core.listNamespacedPod({ namespace }),
  };
  const found = await Promise.all(
    Object.entries(lists).map(([kind, list]) =>
      list().then(
        ({ items }) => items.map(({ metadata }) => ({ kind: kind as Found["kind"], metadata })),
        (error: Error) => {
          if (kind !== "Service" && ["forbidden", "absent"].includes(apiErrorKind(error))) return [];
          throw error;
        },
      ),
    ),
  );
  return found.flat();
}

/** Whether an object is in the way of a ring, and no part of it. */
function isForeign({ kind, metadata = {} }: Found, { identity, services, maker, adoptsPod }: OwnObjects): boolean {
  const { name = "", labels: its, ownerReferences = [] } = metadata;
  const isAnothers = isOfAnotherRing(its, selectorLabels(identity));
  if (kind === "Service") return services.includes(name) && isAnothers;
  // Pods of a controller stand for that one, and go with it.
  if (kind === "Pod" && (name !== identity.name || ownerReferences.some(({ controller }) => controller))) return false;
  const isOwnKind = kind === maker.kind || (kind === "Pod" && adoptsPod === true);
  // What has no labels of the program, and is of the ring's own kind, is left to `refuseForeignPods`.
  if (!isOfProgram(its)) return !isOwnKind && name === identity.name;
  // A set that the ring does not make is one of other racks, or of another topology.
  return isOwnKind && maker.names.includes(name) ? isAnothers : its?.[instanceLabel] === identity.name;
}

/**
 * The namespace for what comes after a resource, such as that Service. No such object depends on the resource, so that the state can lose
 * it alone (`pulumi state delete`).
 */
export function namespaceAfter(first: pulumi.Resource, namespace: pulumi.Output<string>): pulumi.Output<string> {
  const isMade = new Promise<void>((resolve) => {
    first.urn.apply(() => resolve());
  });
  return pulumi.all([namespace, isMade]).apply(([known]) => known);
}
