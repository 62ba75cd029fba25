import * as pulumi from "@pulumi/pulumi";
import { retryWhileUnavailable, withAnswerTimeout } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import { isMocked } from "./recorded";

/**
 * What an output is made of that is read from the cluster once a ring is whole. An update waits for an API server that does not answer:
 * an output that is missing once is missing to all stacks that read it. What cannot be read is warned of, and the update goes on.
 * @param what to begin a sentence: `the addresses of members`
 * @param after resolves once the ring is whole
 * @returns undefined if it could not be read, and in programs that are tested with Pulumi's mocks
 */
export function readForOutput<T>(
  what: string,
  after: pulumi.Output<unknown>,
  read: () => Promise<T | undefined>,
  parent?: pulumi.Resource,
): pulumi.Output<T | undefined> {
  const patiently = pulumi.runtime.isDryRun() ? withAnswerTimeout : retryWhileUnavailable;
  return after.apply<T | undefined>(async () => {
    if (isMocked()) return undefined;
    try {
      return await patiently(read);
    } catch (error) {
      await pulumi.log.warn(`${what} could not be read: ${errorMessage(error as Error)}`, parent);
      return undefined;
    }
  });
}
