import * as pulumi from "@pulumi/pulumi";
import { propertyName, settingOf } from "../engine/propertyNames";

/**
 * Hook before the update of a component: warns, in preview as well, that pods start as another user on volumes with files. Kubernetes
 * gives the files to the group of the pods where it can; a pod that cannot write waits, and the update stops at that pod.
 * @param subject whose pods they are: `ring cassandra`
 */
export function warnOfAnotherOwner(name: string, subject: string): pulumi.ResourceHook {
  const kindOf = (inputs: unknown) => (inputs as { podSecurity?: string }).podSecurity ?? "restricted";
  return new pulumi.ResourceHook(
    `${name}-another-owner`,
    async ({ oldInputs, newInputs }) => {
      const before = kindOf(oldInputs);
      if (before === kindOf(newInputs)) return;
      await pulumi.log.warn(
        `${propertyName("podSecurity")}: the pods of ${subject} restart one at a time, as another user, to whose group (fsGroup) Kubernetes ` +
          `gives their volumes. Where it cannot, as with hostPath and nfs, the first pod does not serve, and ${settingOf("podSecurity", before)} takes ` +
          "the edit back",
      );
    },
    { onDryRun: true },
  );
}
