import * as pulumi from "@pulumi/pulumi";

/**
 * A StatefulSet that is given fewer replicas deletes pods at once, and with them the only copies of rows that no other member
 * holds. Until members are asked to leave first, such an edit is refused, in preview as well.
 * @param why what would be lost, and what to do instead
 */
export function refuseScaleDown(name: string, why: string): pulumi.ResourceHook {
  const replicasOf = (inputs: unknown) => (inputs as { spec: { replicas: number } }).spec.replicas;
  return new pulumi.ResourceHook(
    `${name}-refuse-scale-down`,
    ({ oldInputs, newInputs }) => {
      const [was, wanted] = [replicasOf(oldInputs), replicasOf(newInputs)];
      if (wanted < was) {
        throw new Error(
          `cassandra:replicas: ${wanted} is below the ${was} members of ${why}; allowed is ${was} or more`,
        );
      }
    },
    { onDryRun: true },
  );
}
