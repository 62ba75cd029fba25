import type { V1Container, V1PersistentVolumeClaimSpec, V1PodSpec } from "@kubernetes/client-node";
import { quantity } from "./quantity";

/** Amounts by the names that a ResourceQuota has for them: `pods`, `requests.cpu`, `limits.memory`. */
export type Amounts = Record<string, number>;

/** The sum of amounts, each name by itself. */
export function sumOf(all: Amounts[]): Amounts {
  return combined(all, (a, b) => a + b);
}

function combined(all: Amounts[], combine: (a: number, b: number) => number): Amounts {
  const result: Amounts = {};
  for (const [name, amount] of all.flatMap((one) => Object.entries(one)))
    result[name] = name in result ? combine(result[name], amount) : amount;
  return result;
}

const numbers = (quantities: Record<string, string> = {}): Amounts =>
  Object.fromEntries(Object.entries(quantities).map(([name, text]) => [name, quantity(text) ?? 0]));

/** What a pod counts in a ResourceQuota. A request that is not given is as much as the limit, as Kubernetes has it. */
export function podAmounts(spec: V1PodSpec): Amounts {
  const { resources, overhead } = spec;
  const requests = sumOf([
    {
      ...mostAtOnce(spec, (one) => ({ ...one.resources?.limits, ...one.resources?.requests })),
      ...numbers(resources?.requests),
    },
    numbers(overhead),
  ]);
  const limits = { ...mostAtOnce(spec, (one) => one.resources?.limits), ...numbers(resources?.limits) };
  return {
    pods: 1,
    "count/pods": 1,
    ...requests,
    ...named("requests", requests),
    ...named("limits", limits),
  };
}

const named = (kind: string, amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [`${kind}.${name}`, amount]));

/** Init containers run one after another before the containers, each beside those before it that go on running (sidecars). */
function mostAtOnce(
  { containers, initContainers = [] }: V1PodSpec,
  of: (container: V1Container) => Record<string, string> | undefined,
): Amounts {
  let sidecars: Amounts = {};
  const starts = initContainers.map((one) => {
    const beside = sumOf([sidecars, numbers(of(one))]);
    if (one.restartPolicy === "Always") sidecars = beside;
    return beside;
  });
  const running = sumOf([sidecars, ...containers.map((one) => numbers(of(one)))]);
  return combined([running, ...starts], Math.max);
}

/** What a PersistentVolumeClaim counts in a ResourceQuota. */
export function claimAmounts({ resources, storageClassName }: V1PersistentVolumeClaimSpec): Amounts {
  const amounts = {
    persistentvolumeclaims: 1,
    "requests.storage": quantity(resources?.requests?.storage ?? "") ?? 0,
  };
  const ofClass = Object.entries(amounts).map(
    ([name, amount]) => [`${storageClassName}.storageclass.storage.k8s.io/${name}`, amount] as const,
  );
  return {
    ...amounts,
    "count/persistentvolumeclaims": 1,
    ...(storageClassName && Object.fromEntries(ofClass)),
  };
}
