import type { V1LabelSelector, V1Node, V1PodSpec, V1PodTemplateSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { propertyName } from "../engine/propertyNames";
import { KubernetesClient, withAnswerTimeout } from "../kubernetes/apiClient";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { isSelected, isTolerated, matches } from "../objects/nodeSelection";
import { rackLabel } from "../objects/racks";
import { templateOf, withoutUnknown, type Workload } from "./admissionTrials";

export interface NodeRoomArgs {
  /** Whose pods they are, as messages name it: `ring cassandra`. */
  subject: string;
  /** Labels that its pods have and no other pod has. */
  selector: Record<string, string>;
  /** The Kubernetes cluster that they are in. @default that of the default provider */
  cluster?: KubeContext;
}

/** Fields of a pod's spec that decide on which nodes it may run, and how many of its kind there. */
const placing = ["nodeSelector", "affinity", "tolerations", "topologySpreadConstraints"] as const;

/**
 * Hook of a controller of pods: warns, in preview as well, where fewer nodes than pods need may run them, such as with a required
 * anti-affinity. It refuses nothing, since a cluster may add nodes when pods need them. For an account that may not list nodes, nothing
 * is said.
 * @param parent the resource that `pulumi up` shows the warning at
 */
export function warnOfTooFewNodes(name: string, args: NodeRoomArgs, parent: pulumi.Resource): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-finds-nodes`,
    async ({ oldInputs, newInputs }) => {
      const [was, wanted] = [oldInputs, newInputs].map((inputs) => withoutUnknown(inputs) as Workload | undefined);
      if (!wanted?.spec || (was?.spec && isPlacedAlike(was, wanted))) return;
      const found = await withAnswerTimeout(() => nodesOf(wanted, args)).catch(() => undefined);
      const line = found && lackOfNodes(args.subject, wanted, found);
      if (line) await pulumi.log.warn(line, parent);
    },
    { onDryRun: true },
  );
}

function isPlacedAlike(was: Workload, wanted: Workload): boolean {
  const [before, after] = [was, wanted].map((one) => {
    const spec = templateOf(one).spec!;
    return [one.spec.replicas, ...placing.map((field) => spec[field])];
  });
  return isDeepStrictEqual(before, after);
}

/** The nodes of a cluster. */
export interface FoundNodes {
  nodes: V1Node[];
  /** Names of those on which pods of the ring run. */
  inUse: string[];
}

async function nodesOf({ metadata }: Workload, { selector, cluster }: NodeRoomArgs): Promise<FoundNodes> {
  const client = await KubernetesClient.connect(cluster);
  const { items: nodes } = await client.core.listNode();
  // A namespace that is yet to be made has no pods.
  const pods = metadata.namespace ? await client.pods(metadata.namespace, selector) : [];
  return { nodes, inUse: pods.flatMap(({ spec }) => spec?.nodeName ?? []) };
}

/** What lacks, in a sentence; undefined if nothing does. */
export function lackOfNodes(subject: string, workload: Workload, { nodes, inUse }: FoundNodes): string | undefined {
  const template = templateOf(workload);
  const spec = template.spec!;
  // That a rack has no node at all, another hook says.
  const isOfRack = template.metadata?.labels?.[rackLabel] !== undefined;
  if (isOfRack && !nodes.some((node) => isSelected(node, { nodeSelector: spec.nodeSelector }))) return undefined;
  // A DaemonSet has pods on cordoned nodes as well.
  const isOpen = (node: V1Node) => workload.kind === "DaemonSet" || !node.spec?.unschedulable;
  const open = nodes.filter(
    (node) =>
      isSelected(node, spec) &&
      (inUse.includes(node.metadata!.name!) || (isOpen(node) && isTolerated(node, spec, ["NoSchedule", "NoExecute"]))),
  );
  if (open.length === 0)
    return (
      `${subject}: of ${nodes.length} nodes, none may run pods of ${workload.kind} ${workload.metadata.name} now, by ` +
      `${["nodeSelector", "affinity", "tolerations"].map((key) => `\`${propertyName(key)}\``).join(", ")}, taints and cordons: the pods ` +
      "wait for one"
    );
  const { replicas } = workload.spec;
  if (replicas === undefined) return undefined;
  const [least] = limitsOf(template, open).sort((a, b) => a.pods - b.pods);
  if (!least || least.pods >= replicas) return undefined;
  return (
    `${propertyName("replicas")}: of the ${replicas} pods of ${workload.kind} ${workload.metadata.name}, ${least.pods} find a place on the ` +
    `nodes that there are, since ${least.by} ${least.key} is required: the other ${replicas - least.pods} wait for more nodes`
  );
}

/** How many pods required rules allow on these nodes. */
function limitsOf({ metadata, spec }: V1PodTemplateSpec, nodes: V1Node[]): { pods: number; by: string; key: string }[] {
  const { affinity, topologySpreadConstraints = [] } = spec as V1PodSpec;
  const labels = metadata?.labels ?? {};
  const domains = (key: string) => new Set(nodes.flatMap((node) => node.metadata?.labels?.[key] ?? [])).size;
  const apart = (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [])
    .filter(({ labelSelector }) => selects(labelSelector, labels))
    .map(({ topologyKey: key }) => ({ pods: domains(key), by: "another one for each pod (podAntiAffinity) of", key }));
  const spread = topologySpreadConstraints
    .filter(
      ({ whenUnsatisfiable, labelSelector }) => whenUnsatisfiable === "DoNotSchedule" && selects(labelSelector, labels),
    )
    .map(({ topologyKey: key, maxSkew, minDomains = 1 }) => {
      const there = domains(key);
      // With fewer domains than asked for, each takes as many as the skew allows.
      const pods = there >= Math.max(1, minDomains) ? Infinity : there * maxSkew;
      return { pods, by: `a spread over ${minDomains} (topologySpreadConstraints) of`, key };
    });
  return [...apart, ...spread];
}

/** Whether a selector selects pods with these labels. One that is not given selects none. */
function selects(selector: V1LabelSelector | undefined, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    selector !== undefined &&
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((one) => matches(labels, one))
  );
}
