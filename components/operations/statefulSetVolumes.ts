import * as pulumi from "@pulumi/pulumi";

/** Annotations of a StatefulSet with size and class of its volume claim template, whose changes the provider ignores (`neverReplaced`). */
export const sizeAnnotation = "cassandra/volume-size";
export const classAnnotation = "cassandra/storage-class";
/** Annotation of a StatefulSet that was recreated around its pods: the UID of the previous one, which the state still holds. */
export const formerUid = "cassandra/former-uid";

export interface VolumesArgs {
  /** Size of each pod's volume, a Kubernetes quantity. */
  volumeSize: pulumi.Input<string>;
  /** StorageClass of the PersistentVolumeClaims; undefined means the cluster's default class. */
  storageClassName?: pulumi.Input<string | undefined>;
}

/** Annotations by which `expandVolumesFirst` knows what the PersistentVolumeClaims are to be. */
export function volumeAnnotations({ volumeSize, storageClassName }: VolumesArgs): Record<string, pulumi.Input<string>> {
  return {
    [sizeAnnotation]: volumeSize,
    [classAnnotation]: pulumi.output(storageClassName).apply((name) => name ?? ""),
  };
}

/**
 * Options of every StatefulSet. These fields can never change: for a change of one, the provider would first delete the StatefulSet with
 * its pods. So the provider ignores changes of these fields. If something else replaces the StatefulSet (`--replace`, a taint, another
 * cluster), the provider begins with the new one, which a hook refuses.
 * @param isLeft whether an edit may leave the StatefulSet behind for one of another name, which must have its own selector and Service
 */
export function neverReplaced(isLeft = false): { ignoreChanges: string[]; deleteBeforeReplace: false } {
  const ofName = ["spec.selector", "spec.serviceName"];
  const fixed = ["spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.volumeClaimTemplates"];
  return { ignoreChanges: [...(isLeft ? [] : ofName), ...fixed], deleteBeforeReplace: false };
}

/** Whether a live object has that UID, or was recreated in place of the object that had it. */
export function isKnownAs(
  metadata: { uid?: string; annotations?: Record<string, string> },
  uid: string | undefined,
): boolean {
  return metadata.uid === uid || (uid !== undefined && metadata.annotations?.[formerUid] === uid);
}
