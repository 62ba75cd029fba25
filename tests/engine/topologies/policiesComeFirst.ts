import * as assert from "node:assert/strict";
import { Stack } from "../../support/stack";

type Labels = Record<string, string>;
interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values: string[] }[];
}

/** A resource in Pulumi's state. */
interface StateResource {
  urn: string;
  type: string;
  inputs: {
    metadata?: { labels?: Labels };
    spec?: { podSelector?: Selector; template?: { metadata?: { labels?: Labels } } };
  };
  dependencies?: string[];
}

/** Whether a selector, of the operators that the program uses, selects pods with these labels. */
function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean {
  assert.ok(matchExpressions.every(({ operator }) => operator === "In"));
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }) => values.includes(labels[key]))
  );
}

/**
 * Asserts that the engine makes no pod before all NetworkPolicies that select the pod.
 * @returns how many resources make pods
 */
export async function policiesComeFirst(stack: Stack): Promise<number> {
  const state = JSON.parse(await stack.pulumi("stack", "export")) as { deployment: { resources: StateResource[] } };
  const { resources } = state.deployment;
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const before = (urn: string): string[] => {
    const direct = byUrn.get(urn)?.dependencies ?? [];
    return [...direct, ...direct.flatMap(before)];
  };
  const policies = resources.filter(({ type }) => type.endsWith(":NetworkPolicy"));
  const makers = resources.filter(({ type, inputs }) => type.endsWith(":Pod") || inputs?.spec?.template);
  for (const { urn, inputs } of makers) {
    const labels = (inputs.spec?.template ?? inputs).metadata?.labels ?? {};
    const own = policies.filter(({ inputs }) => selects(inputs.spec!.podSelector!, labels));
    assert.ok(own.length > 0, `no policy selects the pods of ${urn}`);
    for (const policy of own) assert.ok(before(urn).includes(policy.urn), `${urn} does not wait for ${policy.urn}`);
  }
  return makers.length;
}
