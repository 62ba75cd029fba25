import type {
  V1PodSpec,
  V1PersistentVolumeClaimSpec,
  V1ResourceQuota,
  V1ScopedResourceSelectorRequirement,
} from "@kubernetes/client-node";
import { type Amounts, claimAmounts, podAmounts, sumOf } from "../kubernetes/podAmounts";
import { quantity } from "../kubernetes/quantity";

/** What an update makes of one kind, pods or PersistentVolumeClaims, and what there is of it already. */
export interface Wanted<Spec> {
  /** One of them, as the update makes it. */
  spec: Spec;
  /** How many there are to be. */
  count: number;
  /** How many the update makes beside those that there are. */
  added: number;
  /** Whether those that there are become like the one that the update makes. */
  areRenewed: boolean;
  present: Spec[];
  /** Those that are about to go. They still count in the quota. */
  leaving: Spec[];
}

/** What a quota leaves, and what an update needs of it. */
export interface Shortage {
  quota: string;
  resource: string;
  hard: number;
  left: number;
  needed: number;
}

/** Kubernetes knows no smaller amount than a thousandth; sums of fractions may be wrong in their last digits. */
const tolerance = 1e-6;

/** What of these quotas is less than an update needs. */
export function shortagesOf(
  quotas: V1ResourceQuota[],
  pods: Wanted<V1PodSpec>,
  claims?: Wanted<V1PersistentVolumeClaimSpec>,
): Shortage[] {
  return quotas.flatMap(({ metadata, spec, status }) => {
    const scopes = [
      ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: "Exists" })),
      ...(spec?.scopeSelector?.matchExpressions ?? []),
    ];
    const isCounted = (pod: V1PodSpec) => scopes.every((scope) => isIn(scope, pod));
    const needs = [
      ...(isCounted(pods.spec) ? [needsOf(onlyThose(pods, isCounted), podAmounts)] : []),
      // No scope that is known here is one of claims.
      ...(claims && scopes.length === 0 ? [needsOf(claims, claimAmounts)] : []),
    ];
    const needed = sumOf(needs);
    return Object.entries(status?.hard ?? {}).flatMap(([resource, limit]) => {
      const hard = quantity(limit) ?? Infinity;
      const left = hard - (quantity(status?.used?.[resource] ?? "0") ?? 0);
      const need = needed[resource] ?? 0;
      if (need < tolerance || need < left + tolerance) return [];
      return { quota: metadata!.name!, resource, hard, left: Math.max(0, left), needed: need };
    });
  });
}

const onlyThose = <Spec>(wanted: Wanted<Spec>, isCounted: (spec: Spec) => boolean): Wanted<Spec> => ({
  ...wanted,
  present: wanted.present.filter(isCounted),
  leaving: wanted.leaving.filter(isCounted),
});

/**
 * What an update needs beside what is there. Those that are added come while all others are still as they were. Those that are renewed
 * come one at a time, each in the place of the one before it, so that only what all of them need more in the end counts.
 */
function needsOf<Spec>(
  { spec, count, added, areRenewed, present, leaving }: Wanted<Spec>,
  amountsOf: (spec: Spec) => Amounts,
): Amounts {
  const each = amountsOf(spec);
  const [had, going] = [present, leaving].map((specs) => sumOf(specs.map(amountsOf)));
  const need = (name: string, one: number) => {
    const renewed = areRenewed ? count * one - (had[name] ?? 0) : 0;
    return Math.max(added * one, renewed) - (going[name] ?? 0);
  };
  return Object.fromEntries(Object.entries(each).map(([name, one]) => [name, need(name, one)]));
}

/** Whether a quota of this scope counts a pod. Of scopes that are not known here, no pod is. */
function isIn({ scopeName, operator, values = [] }: V1ScopedResourceSelectorRequirement, pod: V1PodSpec): boolean {
  const { activeDeadlineSeconds, priorityClassName: priority } = pod;
  switch (scopeName) {
    case "Terminating":
      return activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return activeDeadlineSeconds === undefined;
    case "BestEffort":
      return !asksForAnything(pod);
    case "NotBestEffort":
      return asksForAnything(pod);
    case "PriorityClass":
      if (operator === "Exists") return !!priority;
      if (operator === "DoesNotExist") return !priority;
      return values.includes(priority ?? "") === (operator === "In");
    default:
      return false;
  }
}

/** A pod that asks for no CPU and no memory is of the class BestEffort. */
function asksForAnything(pod: V1PodSpec): boolean {
  const amounts = podAmounts(pod);
  return ["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"].some((name) => (amounts[name] ?? 0) > 0);
}
