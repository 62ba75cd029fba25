import { setTimeout as sleep } from "node:timers/promises";
import { at } from "../values";
import { readinessRuleOf, Progress, Related } from "./readinessRules";
import type { Cluster } from "./cluster";
import { KubeObject } from "./objects";

/** Milliseconds between two looks at an object. */
const interval = 300;

export interface WaitOptions {
  /** Milliseconds. */
  timeout: number;
  /** Aborted when the engine cancels. */
  signal: AbortSignal;
  /** Gets each new status line. */
  status(line: string): void;
}

/** Where an object stands: its live state, and why it is not ready; no reasons mean that it is. */
export interface Readiness {
  live: KubeObject;
  reasons: string[];
}

const selector = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

async function find(cluster: Cluster, { reference, labels }: Related): Promise<KubeObject[]> {
  if (labels) return cluster.list(reference, { labelSelector: selector(labels) });
  const found = await cluster.get(reference);
  return found ? [found] : [];
}

async function look(cluster: Cluster, object: KubeObject): Promise<{ live: KubeObject; progress: Progress }> {
  const rule = readinessRuleOf(object);
  const live = await cluster.get(object);
  if (!live) return { live: object, progress: { ready: false, status: "", failed: "it was deleted meanwhile" } };
  if (!rule) return { live, progress: { ready: true, status: "" } };
  const related = rule.related?.(live);
  return { live, progress: rule.look(live, related ? await find(cluster, related) : []) };
}

/** Looks once. */
export async function readinessOf(cluster: Cluster, object: KubeObject): Promise<Readiness> {
  const { live, progress } = await look(cluster, object);
  return { live, reasons: progress.ready ? [] : await reasons(cluster, live, progress, "") };
}

/** Looks until the object is ready, can no longer become so, the time is over or the engine cancels. */
export async function waitForReady(cluster: Cluster, object: KubeObject, options: WaitOptions): Promise<Readiness> {
  const start = Date.now();
  for (let said = ""; ;) {
    const { live, progress } = await look(cluster, object);
    if (progress.ready) return { live, reasons: [] };
    const late = Date.now() - start >= options.timeout && `not ready after ${Math.round(options.timeout / 1000)} s`;
    const end = progress.failed || (options.signal.aborted && "cancelled while waiting") || late;
    if (end) return { live, reasons: await reasons(cluster, live, progress, end) };
    if (progress.status !== said) options.status((said = progress.status));
    await pause(options.signal);
  }
}

/** Looks until the object is gone. @throws when the time is over or the engine cancels */
export async function waitForDeletion(cluster: Cluster, object: KubeObject, options: WaitOptions): Promise<void> {
  const start = Date.now();
  for (let said = ""; ;) {
    const live = await cluster.get(object);
    if (!live || (object.metadata.uid && live.metadata.uid !== object.metadata.uid)) return;
    const finalizers = at<string[]>(live, "metadata.finalizers", []).join(", ");
    const line = `waiting for its deletion${finalizers && ` (finalizers: ${finalizers})`}`;
    if (options.signal.aborted) throw new Error(`cancelled while ${line}`);
    if (Date.now() - start >= options.timeout) throw new Error(`${Math.round(options.timeout / 1000)} s ${line}`);
    if (line !== said) options.status((said = line));
    await pause(options.signal);
  }
}

const pause = (signal: AbortSignal): Promise<void> => sleep(interval, undefined, { signal }).catch(() => undefined);

/** What a person needs next: what is missing, what the pods say, and the warnings of the object's events. */
async function reasons(cluster: Cluster, live: KubeObject, progress: Progress, end: string): Promise<string[]> {
  const { kind, metadata } = live;
  const headline = [end, progress.status].filter((part) => part).join(": ");
  const labels = at<Record<string, string>>(live, "spec.selector.matchLabels", {});
  const reference = { apiVersion: "v1", kind: "Pod", metadata: { namespace: metadata.namespace } };
  const isPod = kind === "Pod";
  const details = Promise.all([
    isPod || !Object.keys(labels).length ? [live] : cluster.list(reference, { labelSelector: selector(labels) }),
    cluster.list({ ...reference, kind: "Event" }, { fieldSelector: `involvedObject.uid=${metadata.uid},type=Warning` }),
  ]);
  // The details are an extra: without them the headline still says what happened.
  const [pods, events] = await details.catch(() => [[], []] as KubeObject[][]);
  const warnings = events.map((event) => `${at(event, "reason", "")}: ${at(event, "message", "")}`);
  return [...new Set([`${kind} ${metadata.name}: ${headline}`, ...pods.flatMap(podReasons), ...warnings.slice(-5)])];
}

interface ContainerStatus {
  name: string;
  ready: boolean;
  state?: Record<string, { reason?: string; message?: string; exitCode?: number }>;
}

/** Why a pod is not ready, a line per container. */
export function podReasons(pod: KubeObject): string[] {
  const conditions = at<{ reason?: string; message?: string }[]>(pod, "status.conditions", []);
  const unplaced = conditions.filter(({ reason }) => reason === "Unschedulable").map(({ message }) => message ?? "");
  const init = at<ContainerStatus[]>(pod, "status.initContainerStatuses", []);
  const main = at<ContainerStatus[]>(pod, "status.containerStatuses", []);
  const stuck = [...init, ...main].flatMap(({ name, ready, state = {} }) => {
    const { waiting, terminated } = state;
    const cause = waiting ?? (terminated?.exitCode === 0 ? undefined : terminated);
    if (cause) return [`container ${name}: ${[cause.reason, cause.message].filter((part) => part).join(": ")}`];
    return !ready && state.running ? [`container ${name}: runs, but is not ready`] : [];
  });
  return [...unplaced, ...stuck].map((line) => `Pod ${pod.metadata.name}: ${line}`);
}
