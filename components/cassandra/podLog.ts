import type { CoreV1Api } from "@kubernetes/client-node";
import { countOf } from "../engine/progress";
import type { PodReference } from "../kubernetes/apiClient";
import { type ObservedPod, podNameOf } from "../operations/ringSurvey";

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

/**
 * What the first of these pods waits for that runs and does not serve yet, by its log, and how many serve. One log is read, since lines of
 * many members would hide each other.
 * @returns undefined if no pod waits, or says what for
 */
export async function lastWords(core: CoreV1Api, namespace: string, pods: ObservedPod[]): Promise<string | undefined> {
  const staying = pods.filter(({ ending }) => !ending);
  const [first] = staying
    .filter(({ running, ready }) => running && !ready)
    .sort((a, b) => a.ringOrdinal - b.ringOrdinal);
  if (!first) return undefined;
  const pod = podNameOf(first);
  // As `say` in system.py writes the line.
  const last = await lastLogLine(core, { pod, namespace }, /^\S+ ring: (.*)$/gm, 200);
  const serving = countOf(staying.filter(({ ready }) => ready).length, staying.length, "pods serve");
  return last && `${pod} says: ${last}${serving}`;
}
