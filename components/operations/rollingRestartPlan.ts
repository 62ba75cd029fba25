import type { V1Pod } from "@kubernetes/client-node";
import { revisionAnnotation } from "../objects/podMetadata";
import { isReady } from "../kubernetes/podState";
import { lastingCauseOf } from "./lastingCauses";

/** The state of one pod. */
export interface PodView {
  name: string;
  revision?: string;
  ready: boolean;
  /** Whether it is being deleted: it streams its data to the others, and then ends. */
  leaving: boolean;
  /** Whether its container ever ran. A pod that never ran holds no data. */
  started: boolean;
  /** Whether its container runs now. */
  running: boolean;
  /** Why it can never run as it is, in a sentence with what to do. @default it may run yet */
  lastingCause?: string;
}

/** The goal of a rolling restart, and what it must respect. */
export interface RollingPlan {
  replicas: number;
  revision: string;
  /** Whether a pod comes back under its name to its disk, and so streams no data before it ends. @default false */
  comesBack?: boolean;
  /** Pods whose members owe a repair: they may lack data. @default none */
  membersAwaitingRepair?: string[];
  /** Pod that holds the topology lock. @default none */
  lockHolder?: string;
}

/** The next step of a rolling restart: replace a pod, wait for something, or nothing. */
export type Step = { replace: string } | { waitFor: string; isDecommissioning?: boolean } | "done";

/**
 * One topology change at a time: a pod is replaced only while all others serve, and none joins or leaves. A pod that does not serve comes
 * first: its new template may be the repair, and no other pod may be replaced while it is down.
 * @param pods in the order in which they are to be replaced
 */
export function nextStep(pods: PodView[], plan: RollingPlan): Step {
  const { replicas, revision, comesBack = false, membersAwaitingRepair = [], lockHolder } = plan;
  const staying = pods.filter(({ leaving }) => !leaving);
  const outdated = staying.filter((pod) => pod.revision !== revision);
  // A pod whose template cannot run would never serve, and it has no data to stream.
  const stuck = outdated.find(({ started }) => !started);
  if (stuck) return { replace: stuck.name };
  const [leaving] = pods.filter((pod) => pod.leaving);
  if (leaving && comesBack) return { waitFor: `${leaving.name} to end` };
  if (leaving) return { waitFor: `${leaving.name} to stream its data to the others`, isDecommissioning: true };
  if (staying.length !== replicas) return { waitFor: `${replicas} pods; there are ${staying.length}` };
  const silent = staying.filter(({ ready }) => !ready);
  const broken = comesBack && silent.find((pod) => outdated.includes(pod) && !pod.running);
  if (broken) return { replace: broken.name };
  // The holder of the topology lock may be streaming, which is not interrupted.
  const mute = comesBack && silent.length === 1 && outdated.includes(silent[0]) && silent[0].name !== lockHolder;
  if (mute) return { replace: silent[0].name };
  if (silent.length > 0)
    return { waitFor: `${silent[0].name} to ${comesBack ? "serve again" : "join the ring and serve"}` };
  if (outdated.length === 0) return "done";
  if (comesBack && lockHolder) return { waitFor: `${lockHolder} to release the topology lock` };
  if (comesBack && membersAwaitingRepair.length > 0)
    return {
      waitFor: `${membersAwaitingRepair[0]} to be repaired: until then it may lack data that other replicas have`,
    };
  return { replace: outdated[0].name };
}

export function viewOf(pod: V1Pod): PodView {
  const { metadata, status } = pod;
  const containers = status?.containerStatuses ?? [];
  return {
    name: metadata!.name!,
    revision: metadata!.annotations?.[revisionAnnotation],
    ready: isReady(pod),
    leaving: metadata!.deletionTimestamp !== undefined,
    started: containers.some(({ state, lastState }) => state?.running ?? state?.terminated ?? lastState?.terminated),
    running: containers.some(({ state }) => state?.running),
    lastingCause: lastingCauseOf(pod),
  };
}
