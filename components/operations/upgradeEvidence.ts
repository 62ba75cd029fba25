/** What is known of the versions that have written on the disks of a ring, where nobody can ask its members. */
import type { V1Pod } from "@kubernetes/client-node";
import { hasEnded, isReady } from "../kubernetes/podState";
import { compare, Version, versionOf } from "../cassandra/version";

/** A pod, and its image. */
export interface PodView {
  pod: string;
  image: string;
  ready: boolean;
  /** When its container started last. */
  startedAt?: Date;
  /** Whether its node could not get the image, so that the container has never started. @default false */
  isUnpulled?: boolean;
  /** Whether it has ended for good and only its entry remains, as of an evicted pod. @default false */
  isOver?: boolean;
}

/** Kubernetes' reasons why a node cannot get an image. */
const unpulled = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull)$/;

export function podView(pod: V1Pod): PodView {
  const [{ name, image }] = pod.spec!.containers;
  const container = pod.status?.containerStatuses?.find((one) => one.name === name);
  return {
    pod: pod.metadata!.name!,
    image: image!,
    ready: isReady(pod),
    startedAt: container?.state?.running?.startedAt,
    isUnpulled: unpulled.test(container?.state?.waiting?.reason ?? "") && !container?.lastState?.terminated,
    isOver: hasEnded(pod),
  };
}

/**
 * Versions that members have run last, by tags of images, while no member serves: those of the pods. Without a pod whose tag tells, as
 * when a StatefulSet is scaled to 0 or its nodes are off, the newest in the pod templates. An image that no node could get has run nowhere,
 * so that a wrong tag can be taken back.
 * @param templates images in the pod templates of the live controllers and of the state; none where data goes with the pods
 */
export function versionsLastRun(pods: PodView[], templates: string[]): Version[] {
  const told = pods
    .filter(({ isUnpulled, isOver }) => !isUnpulled && !isOver)
    .flatMap(({ image }) => versionOf(image) ?? []);
  if (told.length > 0) return told;
  const nowhere = pods.filter(({ isUnpulled }) => isUnpulled).map(({ image }) => image);
  const known = templates.filter((image) => !nowhere.includes(image)).flatMap((image) => versionOf(image) ?? []);
  return known.sort(compare).slice(-1);
}

/** Whether the Cassandra of an image is another one than that of a template, as after `kubectl set image`. */
export function isOtherSeries(image: string, template: string): boolean {
  const [one, other] = [versionOf(image), versionOf(template)];
  return one !== undefined && other !== undefined && compare(one, other) !== 0;
}
