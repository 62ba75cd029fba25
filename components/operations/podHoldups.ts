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
  const newest = Math.max(0, ...pods.map(({ metadata }) => new Date(metadata?.creationTimestamp ?? 0).getTime()));
  // A controller that has made a pod since then is held no longer.
  const ofMakers = makers
    .flatMap((name) => lastEvent(events, { name }, /^FailedCreate/, now) ?? [])
    .filter((event) => controllers.test(event.involvedObject.kind ?? "") && timeOf(event) > newest);
  const causes = [
    ...ofMakers.map((event) =>
      causeOf(`${event.involvedObject.kind} ${event.involvedObject.name}`, "makes no pod yet", event),
    ),
    ...pods.flatMap((pod) => lastingCause(pod) ?? causeOfPod(pod, events, now) ?? []),
  ];
  return [...new Set(causes.map(({ why }) => why))].map((why) => holdup(causes.filter((cause) => cause.why === why)));
}

/** Why something waits. */
interface Cause {
  subject: string;
  reason: string;
  /** In words that are the same for all that wait for it. */
  why: string;
}

/** One cause of one or more that wait. All pods of a large ring may wait for the same. */
function holdup(causes: Cause[]): Holdup {
  const [{ subject, reason, why }] = causes;
  const others = causes.length > 1 ? `, as do ${causes.length - 1} more` : "";
  return { id: `${subject}: ${reason}`, line: `${subject} ${why}${others}${remedyFor(causes[0])}` };
}

function remedyFor({ reason, why }: Cause): string {
  // While the provider waits, nothing but the engine's cancellation reaches it.
  if (reason === lastingReason)
    return ". Waiting does not help: end this update (Ctrl-C), and run `pulumi up` again after the edit";
  const [, remedy] = remedies.find(([words]) => words.test(why)) ?? [];
  return remedy ? `; ${remedy}` : "";
}

/** Reason of a pod that can never run as it is. */
const lastingReason = "lasting";

function causeOf(subject: string, what: string, { reason = "", message = "" }: { reason?: string; message?: string }) {
  const said = [reason, message.split("\n")[0]].filter(Boolean).join(": ");
  return { subject, reason, why: `${what}: ${said}` };
}

const controllers = /^(StatefulSet|ReplicationController|DaemonSet)$/;

function lastingCause(pod: V1Pod): Cause | undefined {
  const { name = "" } = pod.metadata!;
  const said = lastingCauseOf(pod);
  return said === undefined ? undefined : { subject: name, reason: lastingReason, why: said.replace(`${name} `, "") };
}

function causeOfPod(pod: V1Pod, events: CoreV1Event[], now: number): Cause | undefined {
  const { name = "", uid, deletionTimestamp } = pod.metadata!;
  if (pod.status?.phase !== "Pending" || deletionTimestamp !== undefined) return undefined;
  const waiting = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
    .map(({ state }) => state?.waiting)
    .find((state) => state?.reason !== undefined && !passes.test(state.reason));
  if (waiting) return causeOf(name, "does not run yet", waiting);
  const claims = (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  const unbound = claims.flatMap(
    (claim) => lastEvent(events, { name: claim }, /ProvisioningFailed|FailedBinding/, now) ?? [],
  )[0];
  const scheduled = pod.status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (scheduled?.reason === "Unschedulable") {
    return unbound
      ? causeOf(`PersistentVolumeClaim ${unbound.involvedObject.name}`, "is not bound yet", unbound)
      : causeOf(name, "has no node yet", scheduled);
  }
  const event = lastEvent(events, { name, uid }, /^Failed(Mount|Attach|Create|Mapping)/, now);
  return event && causeOf(name, "does not start yet", event);
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
