import type { V1Pod } from "@kubernetes/client-node";
import { revisionAnnotation } from "../objects/podMetadata";
import { isReady } from "../kubernetes/apiClient";

/** What can be seen of one pod. */
export interface PodView {
  name: string;
  revision?: string;
  ready: boolean;
  /** Whether it is being deleted: it hands its rows over, and then ends. */
  leaving: boolean;
  /** Whether its container ever ran. One that never did holds no row. */
  started: boolean;
  /** Whether its container runs now. */
  running: boolean;
}

/** What an update is to bring about, and what it must mind. */
export interface RollingPlan {
  replicas: number;
  revision: string;
  /** Whether a pod comes back under its name and to its disk, so that it has nothing to hand over. @default false */
  comesBack?: boolean;
  /** Pods whose members owe a repair: they may lack data. @default none */
  membersAwaitingRepair?: string[];
  /** Pod whose turn it is to move data. @default none */
  lockHolder?: string;
}

/** What an update does next: replace a pod, wait for something, or nothing more. */
export type Step = { replace: string } | { waitFor: string; isDecommissioning?: boolean } | "done";

/**
 * One data move at a time: a pod is replaced only while all others serve and none is on its way in or out. One that does not serve
 * itself comes first: the template that it is to have may be what mends it, and nobody else goes while it is away.
 * @param pods in the order in which they are to be replaced
 */
export function nextStep(pods: PodView[], plan: RollingPlan): Step {
  const { replicas, revision, comesBack = false, membersAwaitingRepair = [], lockHolder } = plan;
  const staying = pods.filter(({ leaving }) => !leaving);
  const outdated = staying.filter((pod) => pod.revision !== revision);
  // A pod of a template that could not run would be waited for in vain, and it has nothing to hand over.
  const stuck = outdated.find(({ started }) => !started);
  if (stuck) return { replace: stuck.name };
  const [leaving] = pods.filter((pod) => pod.leaving);
  if (leaving && comesBack) return { waitFor: `${leaving.name} to end` };
  if (leaving) return { waitFor: `${leaving.name} to stream its data to the others`, isDecommissioning: true };
  if (staying.length !== replicas) return { waitFor: `${replicas} pods; there are ${staying.length}` };
  const silent = staying.filter(({ ready }) => !ready);
  const broken = comesBack && silent.find((pod) => outdated.includes(pod) && !pod.running);
  if (broken) return { replace: broken.name };
  // It may be moving its share of the rows: that is not cut off.
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
  };
}
