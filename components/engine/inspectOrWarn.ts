import * as pulumi from "@pulumi/pulumi";
import { withAnswerTimeout, errorMessage } from "../kubernetes/apiClient";

/**
 * What a hook sees of the cluster. An update that cannot look is refused; a preview, whose account may lack the permission, goes on.
 * @param what is looked at, as a sentence begins with it: `ring orders`
 * @param parent line of `pulumi up` that a preview's warning is written to @default that of the stack
 * @param isTold whether a preview says what it could not look at; else later hooks do @default true
 * @returns undefined where a preview could not look
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
