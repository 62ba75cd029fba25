import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { lastingCauseOf } from "./lastingCauses";

/** What holds a pod, or the object that makes pods or holds their data. */
export interface Holdup {
  /** Stays the same while the words of the cause change, such as the number of nodes. */
  id: string;
  /** In a sentence, with what to do. */
  line: string;
}

/** What Kubernetes says of the pods of a ring, and of what makes them. */
export interface PodStates {
  pods: V1Pod[];
  /** Warnings of the namespace. */
  events: CoreV1Event[];
  /** Names of the controllers of the pods. */
  makers: string[];
}

/** Events that are older tell of what has passed: Kubernetes repeats them while their cause lasts. */
const recentMinutes = 5;

/** What to do about a cause, by the words that Kubernetes has for it. */
const remedies: [RegExp, string][] = [
  [
    /exceeded quota|must specify limits/,
    "set `memory`, `cpu` and `cpuLimit` to what the ResourceQuota allows, or have it raised",
  ],
  [/violates PodSecurity/, "the namespace must allow what the message names (docs/concepts/security.md)"],
  [/Insufficient (cpu|memory)/, "add nodes, or set `cpu` and `memory` to what a node has free"],
  [/untolerated taint/, "set `tolerations`, or add nodes without the taint"],
  [
    /node affinity|node selector|node\(s\) didn't match/,
    "set `nodeSelector`, `affinity` and `racks` to labels that nodes have",
  ],
  [/storageclass.*not found|no storage class is set/i, "set `storageClassName` to a StorageClass of the cluster"],
  [/ImagePull/, "set `image` to one that exists, and `imagePullSecrets` if it needs a login"],
  [/FailedMount|FailedAttach/, "the volume must be free of its previous node; the events of the pod tell more"],
];

/** What holds the pods of a ring that do not run yet, one for each object. @param now milliseconds since the epoch */
export function holdupsOf({ pods, events, makers }: PodStates, now = Date.now()): Holdup[] {
  const [lasting, others] = [true, false].map((lasts) => pods.filter((pod) => !!lastingCauseOf(pod) === lasts));
  const held = others.filter(
    ({ metadata, status }) => status?.phase === "Pending" && metadata?.deletionTimestamp === undefined,
  );
  const newest = Math.max(0, ...pods.map(({ metadata }) => new Date(metadata?.creationTimestamp ?? 0).getTime()));
  // A controller that has made a pod since then is held no longer.
  const ofMakers = makers
    .flatMap((name) => lastEvent(events, { name }, /^FailedCreate/, now) ?? [])
    .filter((event) => controllers.test(event.involvedObject.kind ?? "") && timeOf(event) > newest);
  return [
    ...ofMakers.map((event) =>
      holdup(`${event.involvedObject.kind} ${event.involvedObject.name} makes no pod yet`, event),
    ),
    // While the provider waits, nothing but the engine's cancellation reaches it.
    ...lasting.map((pod) => ({
      id: `${pod.metadata!.name}: lasting`,
      line: `${lastingCauseOf(pod)}. Waiting does not help: end this update (Ctrl-C), and run \`pulumi up\` again after the edit`,
    })),
    ...held.flatMap((pod) => holdupOf(pod, events, now) ?? []),
  ];
}

const controllers = /^(StatefulSet|ReplicationController|DaemonSet)$/;

function holdupOf(pod: V1Pod, events: CoreV1Event[], now: number): Holdup | undefined {
  const { name = "", uid } = pod.metadata!;
  const waiting = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
    .map(({ state }) => state?.waiting)
    .find((state) => state?.reason !== undefined && !passes.test(state.reason));
  if (waiting) return holdup(`${name} does not run yet`, waiting);
  const claims = (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  const unbound = claims.flatMap(
    (claim) => lastEvent(events, { name: claim }, /ProvisioningFailed|FailedBinding/, now) ?? [],
  )[0];
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (scheduled?.reason === "Unschedulable") {
    return unbound
      ? holdup(`PersistentVolumeClaim ${unbound.involvedObject.name} is not bound yet`, unbound)
      : holdup(`${name} has no node yet`, scheduled);
  }
  const event = lastEvent(events, { name, uid }, /^Failed(Mount|Attach|Create|Mapping)/, now);
  return event && holdup(`${name} does not start yet`, event);
}

/** Reasons of containers that are about to run. */
const passes = /^(ContainerCreating|PodInitializing)$/;

/** Milliseconds since the epoch at which an event was seen last. */
const timeOf = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event) =>
  new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();

/** The last event of an object. @param of its name, and its UID where another object may have had the name */
function lastEvent(
  events: CoreV1Event[],
  of: { name: string; uid?: string },
  reason: RegExp,
  now: number,
): CoreV1Event | undefined {
  return events
    .filter(({ involvedObject: { name, uid } }) => name === of.name && (of.uid === undefined || uid === of.uid))
    .filter((event) => reason.test(event.reason ?? "") && now - timeOf(event) < recentMinutes * 60_000)
    .sort((a, b) => timeOf(a) - timeOf(b))
    .at(-1);
}

function holdup(what: string, { reason = "", message = "" }: { reason?: string; message?: string }): Holdup {
  const why = [reason, message.split("\n")[0]].filter(Boolean).join(": ");
  const [, remedy] = remedies.find(([words]) => words.test(why)) ?? [];
  return { id: `${what}: ${reason}`, line: `${what}: ${why}${remedy ? `; ${remedy}` : ""}` };
}
