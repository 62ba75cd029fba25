import * as pulumi from "@pulumi/pulumi";
import { withAnswerTimeout, waitUntilClear } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { ProgressReporter } from "../engine/progressReporter";
import { noteCountEdit } from "./countEdits";
import { restoreMembers } from "./memberRestore";
import type { UnorderedRing } from "../cassandra/unorderedRing";

interface ControllerInputs {
  metadata: { name: string; namespace: string };
  spec: { replicas: number };
}

/**
 * Hook of a ReplicationController, whose pods hold the data. To scale down, a ReplicationController deletes pods first that do not serve,
 * and a pod whose container does not run streams no data. So all pods must serve first. The live count decides, not only the state: after
 * somebody scaled up by hand, any edit sets the count back, and members leave that the state does not know. A decommission that somebody
 * started by hand is cancelled, since no other member could join meanwhile.
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
      const [known, wanted] = [(oldInputs as ControllerInputs).spec.replicas, spec.replicas];
      const client = ring.client(metadata.namespace);
      const silent = async (was: number) => {
        const pods = await client.silent();
        if (pods.length === 0) return undefined;
        return (
          `${pods.join(" and ")} must serve before replicas goes from ${was} to ${wanted}: a pod whose container does not run ` +
          "streams no data"
        );
      };
      if (isDryRun) {
        noteCountEdit(parent);
        for (const line of await withAnswerTimeout(() =>
          preview(client, metadata.name, { known, wanted }, silent),
        ).catch(unseen))
          await pulumi.log.warn(`${ring.name}: ${line}`, parent);
        return;
      }
      await restoreMembers(client, wanted, report);
      const mustClear = async () => {
        // Somebody may scale while `pulumi up` waits. Without a controller, the update fails by itself.
        const was = (await client.replicas()) ?? known;
        return wanted < was ? silent(was) : undefined;
      };
      await waitUntilClear(mustClear, client.stallTimeoutMinutes).catch((error: Error) => {
        throw new Error(`ring ${ring.name}: ${errorMessage(error)}. No pod was removed`);
      });
    },
    { onDryRun: true },
  );
}

/** What an edit means for the members of a live controller. */
async function preview(
  client: UnorderedRing,
  controller: string,
  { known, wanted }: { known: number; wanted: number },
  silent: (was: number) => Promise<string | undefined>,
): Promise<string[]> {
  const was = (await client.replicas()) ?? known;
  if (wanted >= was) return [];
  const byHand =
    `ReplicationController ${controller} asks for ${was} pods, and the state of the stack for ${known}, since somebody has scaled it: ` +
    `\`pulumi up\` sets replicas to ${wanted}, and ${was - wanted} of the members leave the ring`;
  const why = await silent(was);
  return [...(was === known ? [] : [byHand]), ...(why ? [`${why}. \`pulumi up\` waits for that`] : [])];
}

const unseen = (error: Error) => [`the ring could not be checked: ${errorMessage(error)}. \`pulumi up\` checks again`];
