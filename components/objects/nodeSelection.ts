import type { V1Node, V1NodeSelectorRequirement, V1NodeSelectorTerm, V1PodSpec } from "@kubernetes/client-node";

/** What decides on which nodes a DaemonSet wants a pod, as a pod's spec has it. */
export type NodeChoice = Pick<V1PodSpec, "nodeSelector" | "affinity" | "tolerations">;

/**
 * Whether a DaemonSet with pods of this spec wants one on the node, by its labels and its name. Of node affinity, only what is required
 * counts: one of its terms, with everything that the term says. `is_selected` of workload.py decides the same in a pod.
 */
export function isSelected({ metadata }: V1Node, { nodeSelector = {}, affinity }: NodeChoice): boolean {
  const { name = "", labels = {} } = metadata ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labels[key] !== value)) return false;
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return !terms || terms.some((term) => meets(term, name, labels));
}

/** Whether a node meets a term of node affinity. A term that says nothing selects no node. */
function meets(term: V1NodeSelectorTerm, name: string, labels: Record<string, string>): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  const met = [
    ...matchExpressions.map((one) => matches(labels, one)),
    ...matchFields.map((one) => matches({ "metadata.name": name }, one)),
  ];
  return met.length > 0 && met.every(Boolean);
}

/** Whether labels meet what affinity, or a selector of labels, says of one of them. */
export function matches(labels: Record<string, string>, requirement: V1NodeSelectorRequirement): boolean {
  const { key, operator, values = [] } = requirement;
  const value: string | undefined = labels[key];
  const [is, than] = [value, values[0]].map((text) => (/^[-+]?\d+$/.test(text ?? "") ? Number(text) : NaN));
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    case "Gt":
      return is > than;
    default:
      return operator === "Lt" && is < than;
  }
}

/** Taints of this kind say in what state a node is; every DaemonSet tolerates them. */
const ofNodeState = /^node\.kubernetes\.io\//;

/** Whether pods of this spec tolerate all taints of the node that have one of these effects. */
export function isTolerated({ spec }: V1Node, { tolerations = [] }: NodeChoice, effects: string[]): boolean {
  const taints = (spec?.taints ?? []).filter(({ key, effect }) => effects.includes(effect) && !ofNodeState.test(key));
  return taints.every((taint) =>
    tolerations.some(
      ({ key, operator = "Equal", value = "", effect }) =>
        (!effect || effect === taint.effect) &&
        (!key || key === taint.key) &&
        (operator === "Exists" || value === (taint.value ?? "")),
    ),
  );
}
