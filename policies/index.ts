import { PolicyPack, ReportViolation, ResourceValidationArgs } from "@pulumi/policy";
import { find } from "./live";
import { KubeObject, titleOf } from "./objects";
import { Rule, rules } from "./rules";

/** Object of a resource of the kubernetes provider; undefined for other resources. */
function objectOf({ type, props }: ResourceValidationArgs): KubeObject | undefined {
  const [, kind] = /^kubernetes:.+:(\w+)$/.exec(type) ?? [];
  return kind === undefined || kind.endsWith("Patch") || kind.endsWith("List") ? undefined : (props as KubeObject);
}

/** Whether a resource is part of a ring that this repository's component makes. */
const isOfRing = ({ urn }: ResourceValidationArgs) => urn.includes("cassandra:index:PersistentCluster$");

async function validate(rule: Rule, args: ResourceValidationArgs, report: ReportViolation): Promise<void> {
  const { check, needsLive, exceptRings } = rule;
  const object = objectOf(args);
  if (!object || (exceptRings && isOfRing(args)) || (needsLive && !needsLive.includes(object.kind))) return;
  const { live } = needsLive ? await find(object) : {};
  for (const line of check(object, live)) report(line);
}

const compared = [...new Set(rules.flatMap(({ needsLive = [] }) => needsLive))];

new PolicyPack("cassandra", {
  policies: [
    ...rules.map((rule) => ({
      name: rule.name,
      description: rule.description,
      enforcementLevel: rule.enforcementLevel,
      validateResource: (args: ResourceValidationArgs, report: ReportViolation) => validate(rule, args, report),
    })),
    {
      name: "cluster-seen",
      description: "What is there could be looked at, by the rules that compare with it.",
      enforcementLevel: "advisory" as const,
      validateResource: async (args: ResourceValidationArgs, report: ReportViolation) => {
        const object = objectOf(args);
        if (!object || !compared.includes(object.kind)) return;
        const { why } = await find(object);
        if (why !== undefined) {
          report(
            `${titleOf(object)} could not be looked at (${why}), so that nothing is compared with it; set KUBECONFIG`,
          );
        }
      },
    },
  ],
});
