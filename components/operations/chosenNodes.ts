import type { V1Node } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { propertyName, settingOf } from "../engine/propertyNames";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { isSelected, isTolerated, type NodeChoice } from "../objects/nodeSelection";

export interface ChosenNodesArgs {
  /** Name of the ring. */
  ring: string;
  /** Labels that its pods have and no other pod has. */
  selector: Record<string, string>;
  /** The Kubernetes cluster that it is in. @default that of the default provider */
  cluster?: KubeContext;
  /** Whether the loss of all data is intended: then it is a warning. @default false */
  acceptDataLoss?: boolean;
}

/** The nodes of a ring, by what an edit means for them. */
interface Nodes {
  /** Of the properties that choose nodes, those that the edit changes. */
  changed: Partial<NodeChoice>;
  /** Those that the edit picks. */
  picked: string[];
  /** Those whose members stay, and those whose members leave. */
  staying: string[];
  leaving: string[];
}

const keys = ["nodeSelector", "affinity", "tolerations"] as const;

/**
 * Hook of a DaemonSet. Its controller deletes the pods of all nodes that are no longer picked at the same instant. They decommission one
 * at a time, to members that stay: an edit of which no member stays is refused, in preview as well. Otherwise the hook tells whose members
 * leave.
 * @param parent the resource that `pulumi up` shows that at
 */
export function refuseNoNodes(name: string, args: ChosenNodesArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-keeps-nodes`,
    async ({ newInputs }) => {
      const inputs = newInputs as {
        metadata: { name: string; namespace?: string };
        spec: { template: { spec: NodeChoice } };
      };
      const { metadata, spec } = inputs;
      // A namespace that is yet to be made has no ring in it.
      if (!metadata.namespace) return;
      const set = { name: metadata.name, namespace: metadata.namespace };
      const what = `ring ${args.ring}: which nodes it is to have`;
      const nodes = await inspectOrWarn(what, () => nodesOf(set, spec.template.spec, args), { parent });
      if (!nodes || nodes.leaving.length === 0) return;
      if (nodes.staying.length === 0) {
        const loss = lossOf(args.ring, nodes);
        if (!args.acceptDataLoss)
          throw new Error(
            `${loss}; allowed is what picks at least one of these nodes. To lose the data: ${settingOf("acceptDataLoss", true)}`,
          );
        await pulumi.log.warn(loss, parent);
      } else {
        const names = nodes.leaving.join(", ");
        const fate =
          nodes.leaving.length === 1
            ? `node ${names} no longer matches: its member decommissions first`
            : `nodes ${names} no longer match: their members decommission first, one at a time`;
        await pulumi.log.info(`${args.ring}: ${fate}`, parent);
      }
    },
    { onDryRun: true },
  );
}

/** @returns undefined where the edit chooses no other nodes, or there is no member. An account needs to list nodes for nothing else. */
async function nodesOf(
  set: { name: string; namespace: string },
  wanted: NodeChoice,
  { selector, cluster }: ChosenNodesArgs,
): Promise<Nodes | undefined> {
  const client = await KubernetesClient.connect(cluster);
  const live = await client.apps.readNamespacedDaemonSet(set).catch(undefinedWhenNotFound);
  if (!live) return undefined;
  const [was, next] = [live.spec!.template.spec!, wanted].map(plainChoice);
  const changed = keys.filter((key) => !isDeepStrictEqual(was[key], next[key]));
  if (changed.length === 0) return undefined;
  const pods = await client.pods(set.namespace, selector);
  const members = pods
    .filter(({ metadata }) => !metadata!.deletionTimestamp)
    .flatMap(({ spec }) => spec?.nodeName ?? []);
  if (members.length === 0) return undefined;
  const { items } = await client.core.listNode();
  const named = (all: V1Node[]) => all.map(({ metadata }) => metadata!.name!);
  const selected = items.filter((node) => isSelected(node, next));
  // A taint without the effect NoExecute keeps new pods away, and lets those stay that are there.
  const kept = named(selected.filter((node) => isTolerated(node, next, ["NoExecute"])));
  const own = [...new Set(members)].sort();
  return {
    changed: Object.fromEntries(changed.map((key) => [key, next[key]])),
    picked: named(selected.filter((node) => isTolerated(node, next, ["NoExecute", "NoSchedule"]))),
    staying: own.filter((node) => kept.includes(node)),
    leaving: own.filter((node) => !kept.includes(node)),
  };
}

/** Without what is undefined or empty, and without the classes of the client. */
function plainChoice(spec: NodeChoice): NodeChoice {
  const filled = keys.map((key) => [key, spec[key]]).filter(([, value]) => Object.keys(value ?? {}).length > 0);
  return JSON.parse(JSON.stringify(Object.fromEntries(filled))) as NodeChoice;
}

function lossOf(ring: string, { changed, picked, leaving }: Nodes): string {
  const settings = Object.entries(changed).map(
    ([key, value]) => `${propertyName(key)}: ${value === undefined ? "none" : JSON.stringify(value)}`,
  );
  const pick = picked.length === 0 ? "it picks no node" : "of the nodes that have members, it picks none";
  return (
    `${settings.join(", ")} is not allowed for ring ${ring}: ${pick}, so that the members on ${leaving.join(", ")} all leave, and no ` +
    "member stays to which they could stream their data"
  );
}
