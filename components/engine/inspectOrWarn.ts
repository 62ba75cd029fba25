import * as pulumi from "@pulumi/pulumi";
import { withAnswerTimeout } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";

/**
 * What a hook reads from the cluster. If that fails, an update is refused. A preview, whose account may lack the permission, goes on.
 * @param what the object that is inspected, to begin a sentence: `ring orders`
 * @param parent line of `pulumi up` that a preview's warning is written to @default that of the stack
 * @param isTold whether a preview warns that it could not inspect; else later hooks do @default true
 * @returns undefined if a preview could not inspect
 */
export async function inspectOrWarn<T>(
  what: string,
  inspect: () => Promise<T>,
  { parent, isTold = true }: { parent?: pulumi.Resource; isTold?: boolean } = {},
): Promise<T | undefined> {
  try {
    return await withAnswerTimeout(inspect);
  } catch (error) {
    const why = `${what} could not be checked: ${errorMessage(error as Error)}`;
    if (!pulumi.runtime.isDryRun()) throw new Error(`${why}. Nothing was touched`);
    if (isTold) await pulumi.log.warn(why, parent);
    return undefined;
  }
}
