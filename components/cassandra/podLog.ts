import type { CoreV1Api } from "@kubernetes/client-node";
import type { PodReference } from "../kubernetes/apiClient";

/**
 * The last line of a member's log that matches, by the pattern's first group; undefined if there is none, or if the log cannot be read, as
 * that of a container that is about to run.
 * @param pattern with the flags `g` and `m`
 * @param tailLines lines from the end of the log that are read
 */
export async function lastLogLine(
  core: CoreV1Api,
  { pod, namespace }: PodReference,
  pattern: RegExp,
  tailLines = 1000,
): Promise<string | undefined> {
  const of = { name: pod, namespace, container: "cassandra", tailLines };
  const log = await core.readNamespacedPodLog(of).catch(() => "");
  return [...log.matchAll(pattern)].at(-1)?.[1];
}
