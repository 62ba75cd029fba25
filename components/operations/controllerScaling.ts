import * as pulumi from "@pulumi/pulumi";
import { withAnswerTimeout, waitUntilClear, errorMessage } from "../kubernetes/apiClient";
import { ProgressReporter } from "../engine/progressReporter";
import { restoreMembers } from "./memberRestore";
import type { UnorderedRing } from "../cassandra/unorderedRing";

interface ControllerInputs {
  metadata: { name: string; namespace: string };
  spec: { replicas: number };
}

/**
 * Hook of a ReplicationController, whose pods hold the data. To scale down, a ReplicationController deletes pods first that do not serve,
 * and a pod whose container does not run streams no data. So all pods must serve first. A decommission that somebody started by hand is
 * cancelled, since no other member could join meanwhile.
 * @param parent line of `pulumi up` that the hook writes to
 */
export function requireServingMembers(
  name: string,
  ring: { name: string; client: (namespace: string) => UnorderedRing },
  parent: pulumi.Resource,
): pulumi.ResourceHook {
  const isDryRun = pulumi.runtime.isDryRun();
  const report: ProgressReporter = (line, final = false) =>
    pulumi.log.info(`${ring.name}: ${line}`, parent, undefined, !final);
  return new pulumi.ResourceHook(
    `${name}-members-serve-first`,
    async ({ oldInputs, newInputs }) => {
      const { metadata, spec } = newInputs as ControllerInputs;
      const [was, wanted] = [(oldInputs as ControllerInputs).spec.replicas, spec.replicas];
      const client = ring.client(metadata.namespace);
      const silent = async () => {
        const pods = await client.silent();
        if (pods.length === 0) return undefined;
        return (
          `${pods.join(" and ")} must serve before replicas goes from ${was} to ${wanted}: a pod whose container does not run ` +
          "streams no data"
        );
      };
      if (isDryRun) {
        const why = wanted < was ? await withAnswerTimeout(silent).catch(unseen) : undefined;
        if (why) await pulumi.log.warn(`${ring.name}: ${why}. \`pulumi up\` waits for that`, parent);
        return;
      }
      await restoreMembers(client, wanted, report);
      if (wanted >= was) return;
      await waitUntilClear(silent, client.stallTimeoutMinutes).catch((error: Error) => {
        throw new Error(`ring ${ring.name}: ${errorMessage(error)}. No pod was removed`);
      });
    },
    { onDryRun: true },
  );
}

const unseen = (error: Error) => `the ring could not be checked: ${errorMessage(error)}`;
