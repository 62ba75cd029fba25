import { PolicyPack, ReportViolation, ResourceValidationArgs } from "@pulumi/policy";
import { KubeContext } from "../components/kubernetes/kubeconfig";
import { find } from "./live";
import { growsByItself, objectsOf, titleOf } from "./objects";
import { clusterSeen, Rule, rules } from "./rules";
import { fewSuperusers, superuserRoles } from "./superuserRoles";

async function validate(rule: Rule, args: ResourceValidationArgs, report: ReportViolation): Promise<void> {
  const { check, needsLive, exceptGrowing } = rule;
  if (exceptGrowing && growsByItself(args.urn)) return;
  for (const object of objectsOf(args.type, args.props)) {
    if (needsLive && !needsLive.includes(object.kind)) continue;
    const { live } = needsLive ? await find(object, clusterOf(args)) : {};
    for (const line of check(object, live)) report(line);
  }
}

/** Where the resource's own provider has its cluster. */
function clusterOf({ provider }: ResourceValidationArgs): KubeContext {
  const { kubeconfig, context, cluster } = (provider?.props ?? {}) as Record<string, string | undefined>;
  return { ...(kubeconfig && { kubeconfig }), ...(context && { context }), ...(cluster && { cluster }) };
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
      ...fewSuperusers,
      validateResource: ({ type, props }: ResourceValidationArgs, report: ReportViolation) =>
        superuserRoles(type, props).forEach((line) => report(line)),
    },
    {
      ...clusterSeen,
      validateResource: async (args: ResourceValidationArgs, report: ReportViolation) => {
        for (const object of objectsOf(args.type, args.props).filter(({ kind }) => compared.includes(kind))) {
          const { why } = await find(object, clusterOf(args));
          if (why === undefined) continue;
          report(
            `${titleOf(object)} could not be looked at (${why}), so that nothing is compared with it; kubernetes:kubeconfig or KUBECONFIG says where it is`,
          );
        }
      },
    },
  ],
});
